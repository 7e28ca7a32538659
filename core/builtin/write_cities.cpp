#include "core/builtin/concepts.h"
#include "core/builtin/document_writers.h"
#include "core/builtin/food_cities.h"
#include "core/builtin/landmarks.h"

namespace core {

namespace {

// Any sentence but the one just written: texts do not stutter, and the price stays known.
void writeSentences(TextWriter& writer, const std::vector<SentenceTemplate>& forms,
    const Slots& slots, std::size_t count)
{
    std::size_t last = forms.size();
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t next = writer.pick(last < forms.size() ? forms.size() - 1 : forms.size());
        if (next >= last)
            ++next;
        if (i > 0)
            writer.write(" ");
        writer.sentence(forms[next], slots);
        last = next;
    }
}

// Each landmark has its own, about two thirds of the forms, so that even how a sentence begins
// depends on the topic.
std::vector<SentenceTemplate> formsOf(std::size_t landmark, bool withName)
{
    std::vector<SentenceTemplate> forms;
    RandomSource habits(landmark + 1);
    for (const SentenceTemplate& form : landmarkSentences()) {
        if (habits.below(3) != 0)
            forms.push_back(form);
    }
    if (withName)
        forms.insert(forms.end(), landmarkNameSentences().begin(), landmarkNameSentences().end());
    return forms;
}

std::size_t chooseSubject(TextWriter& writer, const std::vector<Subject>& subjects)
{
    const std::size_t topic = writer.pick(subjects.size());
    writer.stayOn(subjects, topic);
    return topic;
}

void writeCityDialogue(TextWriter& writer, const std::vector<SentenceTemplate>& questions,
    const std::vector<SentenceTemplate>& answers)
{
    const Subject& city = foodCities()[chooseSubject(writer, foodCities())];
    writeQuestion(writer, writer.oneOf(questions), city.slots);
    writeSentences(writer, answers, city.slots, 2 + writer.pick(3));
}

} // namespace

void writeQuestion(TextWriter& writer, const SentenceTemplate& question, const Slots& slots)
{
    writer.write("Q: ");
    writer.sentence(question, slots);
    writer.write("\nA: ");
}

void writeLandmark(TextWriter& writer)
{
    const std::size_t topic = chooseSubject(writer, landmarks());
    const bool nameless = writer.chance(0.5);
    writeSentences(writer, formsOf(topic, !nameless), landmarks()[topic].slots, 6 + writer.pick(5));
}

void writeThingsToDo(TextWriter& writer)
{
    const std::size_t topic = chooseSubject(writer, landmarks());
    const Subject& landmark = landmarks()[topic];
    writeQuestion(writer, writer.oneOf(thingsToDoQuestions()), landmark.slots);
    writer.sentence(writer.oneOf(thingsToDoOpenings()), landmark.slots);
    writer.write(" ");
    writeSentences(writer, formsOf(topic, true), landmark.slots, 1 + writer.pick(3));
}

namespace {

/// A few sentences about a landmark, any; whoever reads must take the subject from them alone.
void writeAside(TextWriter& writer)
{
    const std::size_t topic = writer.pick(landmarks().size());
    writeSentences(writer, formsOf(topic, true), landmarks()[topic].slots, 2 + writer.pick(2));
}

/// A question about something, and at most two sentences that answer it.
void writeShortAnswer(TextWriter& writer)
{
    const auto answer = [&](const Subject& subject, const std::vector<SentenceTemplate>& questions,
                            const std::vector<SentenceTemplate>& answers) {
        writeQuestion(writer, writer.oneOf(questions), subject.slots);
        const std::size_t count = writer.pick(3);
        writeSentences(writer, answers, subject.slots, count);
        if (count > 0)
            writer.write(" ");
    };
    switch (writer.pick(6)) {
    case 0:
        answer(writer.oneOf(foodCities()), foodQuestions(), foodSentences());
        break;
    case 1:
        answer(writer.oneOf(foodCities()), weatherQuestions(), weatherSentences());
        break;
    case 2: {
        const Language language = writer.chance(0.5) ? Language::English : Language::French;
        answer(writer.oneOf(animals()), {animalQuestion(language)}, animalSentences(language));
        break;
    }
    case 3:
        writeStateDialogue(writer);
        writer.write(" ");
        break;
    default: {
        const std::size_t topic = writer.pick(landmarks().size());
        answer(landmarks()[topic], thingsToDoQuestions(), formsOf(topic, true));
    }
    }
}

} // namespace

void writeWandering(TextWriter& writer)
{
    const bool isAnswer = writer.chance(0.6);
    if (isAnswer)
        writeShortAnswer(writer);
    const std::size_t count = (isAnswer ? 1 : 2) + writer.pick(2);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0)
            writer.write(" ");
        writeAside(writer);
    }
}

void writeFood(TextWriter& writer)
{
    writeCityDialogue(writer, foodQuestions(), foodSentences());
}

void writeWeather(TextWriter& writer)
{
    writeCityDialogue(writer, weatherQuestions(), weatherSentences());
}

} // namespace core
