#include "core/features/word_index.h"

#include <cctype>

namespace core {

namespace {

bool isWordByte(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) || byte >= 0x80;
}

} // namespace

std::vector<WordSpan> wordsOf(const std::vector<std::string_view>& tokenTexts)
{
    std::vector<WordSpan> words;
    bool isInside = false;
    for (std::size_t t = 0; t < tokenTexts.size(); ++t)
        for (const char c : tokenTexts[t]) {
            if (!isWordByte(c)) {
                isInside = false;
                continue;
            }
            const int token = static_cast<int>(t);
            if (!isInside)
                words.push_back({"", token, token});
            isInside = true;
            words.back().word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            words.back().lastToken = token;
        }
    return words;
}

} // namespace core
