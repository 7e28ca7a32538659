#pragma once

#include <string>
#include <string_view>
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

} // namespace core
