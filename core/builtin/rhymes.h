#pragma once

#include "core/builtin/sentence_template.h"

#include <array>
#include <string>
#include <vector>

namespace core {

/// Words that rhyme, each with second lines that only it can end.
///
/// The first line of a couplet ends in one word and a slash, as verse is quoted in running text;
/// the second ends in the next word of the family. All of the second line depends on that last
/// word, which may also stand alone, so a writer must know it before the line begins.
struct RhymeWord {
    std::string word;
    std::array<std::string, 2> lines; ///< Complete second lines ending in `word` and a full stop.
};

using RhymeFamily = std::array<RhymeWord, 4>;

const std::vector<RhymeFamily>& rhymeFamilies();

/// The shortest second line: the word alone.
std::string shortRhymeLine(const RhymeWord& rhyme);

/// First lines, ending in "the {word}, /".
const std::vector<SentenceTemplate>& rhymeFirstLines();

/// The word that follows `word` in its family, around the circle.
constexpr std::size_t rhymePartner(std::size_t word)
{
    return (word + 1) % 4;
}

} // namespace core
