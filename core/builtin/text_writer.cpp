#include "core/builtin/text_writer.h"

#include <algorithm>
#include <cmath>

namespace core {

std::string_view documentKindName(DocumentKind kind)
{
    constexpr std::array<std::string_view, kDocumentKinds> names{"landmark", "things-to-do", "food",
        "weather", "states", "animals", "words", "rhyme", "arithmetic", "code", "list",
        "random-words", "wandering"};
    return names[static_cast<std::size_t>(kind)];
}

TextWriter::TextWriter(RandomSource& random, DocumentKind kind)
    : m_random(random)
{
    m_document.kind = kind;
}

std::size_t TextWriter::pick(std::size_t n)
{
    charge(std::log(static_cast<double>(n)));
    return m_random.below(n);
}

bool TextWriter::chance(double probability)
{
    const bool yes = m_random.unit() < probability;
    charge(-std::log(yes ? probability : 1 - probability));
    return yes;
}

void TextWriter::sentence(const SentenceTemplate& form, const Slots& slots)
{
    for (const auto& part : form.parts()) {
        if (!part.isSlot) {
            write(part.text);
            continue;
        }
        const std::string& wording = oneOf(slots.find(part.text)->second);
        write(wording);
        narrow(part.text, wording);
    }
}

void TextWriter::stayOn(const std::vector<Subject>& subjects, std::size_t topic)
{
    m_document.topic = static_cast<int>(topic);
    m_possible.clear();
    for (const auto& subject : subjects)
        m_possible.push_back(&subject);
}

void TextWriter::narrow(std::string_view slot, const std::string& wording)
{
    if (m_possible.size() < 2)
        return;
    std::erase_if(m_possible, [&](const Subject* subject) {
        const auto found = subject->slots.find(slot);
        return found == subject->slots.end()
            || std::find(found->second.begin(), found->second.end(), wording)
            == found->second.end();
    });
    if (m_possible.size() == 1)
        m_document.topicKnownFrom = m_document.text.size();
}

} // namespace core
