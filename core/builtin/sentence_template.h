#pragma once

#include "core/builtin/slots.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// One sentence with named gaps: "The {part} rise above the {place}."
///
/// The same template writes sentences and recognises them, so the grammar of the built-in
/// world cannot drift away from its text.
class SentenceTemplate {
public:
    struct Part {
        bool isSlot = false;
        std::string text; ///< The literal text, or the name of the slot.
    };

    explicit SentenceTemplate(std::string_view text);

    const std::vector<Part>& parts() const { return m_parts; }

    /// This template and then another text with gaps: one longer sentence.
    SentenceTemplate followedBy(std::string_view text) const;

    /// Can this template, with these wordings, give exactly `sentence`?
    bool matches(std::string_view sentence, const Slots& slots) const;

private:
    bool matchesFrom(std::size_t part, std::string_view rest, const Slots& slots) const;

    std::vector<Part> m_parts;
};

/// One template per line; empty lines are skipped.
std::vector<SentenceTemplate> parseTemplates(std::string_view lines);

} // namespace core
