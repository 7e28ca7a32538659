#include "core/builtin/document_writers.h"

namespace core {

namespace {

Language other(Language language)
{
    return language == Language::English ? Language::French : Language::English;
}

} // namespace

void writeAnimals(TextWriter& writer)
{
    const std::size_t topic = writer.pick(animals().size());
    writer.stayOn(animals(), topic);
    const Slots& slots = animals()[topic].slots;
    Language language = writer.chance(0.5) ? Language::English : Language::French;
    writer.setLanguage(language);
    // Half the texts change the language as they go: what was said in one is used in the other.
    const bool bilingual = writer.chance(0.5);
    if (writer.chance(0.15))
        writeQuestion(writer, animalQuestion(language), slots);
    const std::size_t count = 4 + writer.pick(4);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) {
            writer.write(" ");
            if (bilingual && writer.chance(0.5))
                language = other(language);
        }
        writer.sentence(writer.oneOf(animalSentences(language)), slots);
    }
}

void writeWords(TextWriter& writer)
{
    const Language language = writer.chance(0.5) ? Language::English : Language::French;
    writer.setLanguage(language);
    const std::size_t count = 3 + writer.pick(4);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0)
            writer.write(" ");
        if (writer.chance(0.5)) {
            const Subject& pair = writer.oneOf(opposites());
            writer.sentence(writer.oneOf(oppositeSentences(language)), pair.slots);
        } else {
            const Subject& pair = writer.oneOf(translations());
            writer.sentence(writer.oneOf(translationSentences(language)), pair.slots);
        }
    }
}

} // namespace core
