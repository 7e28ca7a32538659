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

std::vector<SentenceTemplate> joined(const std::vector<SentenceTemplate>& a,
                                     const std::vector<SentenceTemplate>& b)
{
    auto all = a;
    all.insert(all.end(), b.begin(), b.end());
    return all;
}

const Subject& chooseSubject(TextWriter& writer, const std::vector<Subject>& subjects)
{
    const std::size_t topic = writer.pick(subjects.size());
    writer.stayOn(subjects, topic);
    return subjects[topic];
}

void writeCityDialogue(TextWriter& writer, const std::vector<SentenceTemplate>& questions,
                       const std::vector<SentenceTemplate>& answers)
{
    const Subject& city = chooseSubject(writer, foodCities());
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
    static const auto withName = joined(landmarkSentences(), landmarkNameSentences());
    const Subject& landmark = chooseSubject(writer, landmarks());
    const bool nameless = writer.chance(0.5);
    writeSentences(writer, nameless ? landmarkSentences() : withName, landmark.slots,
                   6 + writer.pick(5));
}

void writeThingsToDo(TextWriter& writer)
{
    static const auto withName = joined(landmarkSentences(), landmarkNameSentences());
    const Subject& landmark = chooseSubject(writer, landmarks());
    writeQuestion(writer, writer.oneOf(thingsToDoQuestions()), landmark.slots);
    writer.sentence(writer.oneOf(thingsToDoOpenings()), landmark.slots);
    writer.write(" ");
    writeSentences(writer, withName, landmark.slots, 1 + writer.pick(3));
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
