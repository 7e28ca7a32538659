#pragma once

#include <vector>

#include <QString>

namespace ui {

/// One line of the glossary: the word as the field spells it, and what it means here.
struct GlossaryEntry {
    QString word;
    QString meaning;
};

/// The table under "## Glossary" of a text in Markdown; empty without one.
std::vector<GlossaryEntry> parseGlossary(const QString& markdown);

/// The README's own, which is built into the program: there is no second one that could differ.
const std::vector<GlossaryEntry>& glossary();

/// The entry that a control speaks of: the longest of its words that stands in `text`; -1 for none.
int glossaryEntryFor(const QString& text);

} // namespace ui
