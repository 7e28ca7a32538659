#include "core/builtin/sentence_template.h"

namespace core {

SentenceTemplate::SentenceTemplate(std::string_view text)
{
    while (!text.empty()) {
        const auto open = text.find('{');
        if (open != 0) {
            m_parts.push_back({false, std::string(text.substr(0, open))});
            if (open == std::string_view::npos)
                return;
            text.remove_prefix(open);
        }
        const auto close = text.find('}');
        m_parts.push_back({true, std::string(text.substr(1, close - 1))});
        text.remove_prefix(close + 1);
    }
}

SentenceTemplate SentenceTemplate::followedBy(std::string_view text) const
{
    SentenceTemplate both = *this;
    for (Part& part : SentenceTemplate(text).m_parts)
        both.m_parts.push_back(std::move(part));
    return both;
}

bool SentenceTemplate::matches(std::string_view sentence, const Slots& slots) const
{
    return matchesFrom(0, sentence, slots);
}

bool SentenceTemplate::matchesFrom(
    std::size_t part, std::string_view rest, const Slots& slots) const
{
    if (part == m_parts.size())
        return rest.empty();
    const Part& current = m_parts[part];
    if (!current.isSlot)
        return rest.starts_with(current.text)
            && matchesFrom(part + 1, rest.substr(current.text.size()), slots);
    const auto found = slots.find(current.text);
    if (found == slots.end())
        return false;
    for (const auto& wording : found->second) {
        if (rest.starts_with(wording) && matchesFrom(part + 1, rest.substr(wording.size()), slots))
            return true;
    }
    return false;
}

std::vector<SentenceTemplate> parseTemplates(std::string_view lines)
{
    std::vector<SentenceTemplate> templates;
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        const auto line = lines.substr(0, end);
        if (!line.empty())
            templates.emplace_back(line);
        if (end == std::string_view::npos)
            break;
        lines.remove_prefix(end + 1);
    }
    return templates;
}

} // namespace core
