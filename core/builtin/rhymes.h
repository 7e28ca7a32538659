#pragma once

#include "core/builtin/sentence_template.h"

#include <array>
#include <string>
#include <vector>

namespace core {

/// Words that rhyme, each with second lines that only it can end.
///
/// The first line of a couplet ends in one word, the second in the next word of the family. All
/// of the second line depends on that last word, so a writer must know it before the line begins.
struct RhymeWord {
    std::string word;
    std::array<std::string, 2> lines; ///< Complete second lines ending in `word` and a full stop.
};

using RhymeFamily = std::array<RhymeWord, 4>;

const std::vector<RhymeFamily>& rhymeFamilies();

/// First lines, ending in "the {word},".
const std::vector<SentenceTemplate>& rhymeFirstLines();

/// The word that follows `word` in its family, around the circle.
constexpr std::size_t rhymePartner(std::size_t word)
{
    return (word + 1) % 4;
}

} // namespace core
