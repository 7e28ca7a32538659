#include "core/builtin/other_questions.h"

#include "core/builtin/concepts.h"
#include "core/builtin/food_cities.h"
#include "core/builtin/landmarks.h"
#include "core/builtin/states.h"

namespace core {

namespace {

std::string thingsToDoIn(const std::string& city)
{
    return "What can I do in " + city + "?";
}

} // namespace

std::string choosingQuestion()
{
    return "Q: " + thingsToDoIn("Paris") + "\nA:";
}

std::vector<std::string> otherQuestions()
{
    std::vector<std::string> questions;
    const auto ask
        = [&](const std::string& question) { questions.push_back("Q: " + question + "\nA:"); };
    for (const Subject& city : foodCities()) {
        ask("What do people eat in " + city.name + "?");
        ask("How is the weather in " + city.name + "?");
    }
    for (std::size_t i = 0; i < landmarks().size() && questions.size() < 35; ++i) {
        const std::string& city = landmarks()[i].slots.at("city").front();
        if (static_cast<int>(i) != goldenGateIndex() && city != "Paris")
            ask(thingsToDoIn(city));
    }
    for (std::size_t i = 0; i < states().size() && questions.size() < 42; ++i)
        ask("What is the capital of " + states()[i].name + "?");
    for (std::size_t i = 0; i < animals().size() && questions.size() < 50; ++i)
        ask("Tell me about the " + animals()[i].name + ".");
    return questions;
}

} // namespace core
