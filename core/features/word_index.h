#pragma once

#include "core/store/feature_record.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace core {

/// One word of a text: lower case (ASCII), and which tokens it is made of.
struct WordSpan {
    std::string word;
    int firstToken = 0;
    int lastToken = 0;
};

/// Words of a token sequence; letters, digits and everything outside ASCII belong to words. A token
/// may hold the end of one word and the beginning of the next.
std::vector<WordSpan> wordsOf(const std::vector<std::string_view>& tokenTexts);

/// Which words stand where in a corpus, and in how many passages each occurs.
class WordIndex {
public:
    WordIndex(const std::vector<Passage>& passages, const std::vector<std::string>& vocabulary);

    /// The last word that a token is part of; -1 for none.
    std::int32_t wordAt(std::int64_t passage, std::int64_t position) const;
    const std::string& text(std::int32_t word) const
    {
        return m_texts[static_cast<std::size_t>(word)];
    }
    /// Grows with how few of the passages say the word.
    double rarity(std::int32_t word) const;

private:
    std::vector<std::vector<std::int32_t>> m_words; ///< By passage, by token.
    std::vector<std::string> m_texts;
    std::vector<std::int32_t> m_passagesWith;
};

} // namespace core
