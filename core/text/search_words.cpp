#include "core/text/search_words.h"

#include "core/text/porter_stem.h"

#include <utf8proc.h>

namespace core {

namespace {

bool isMark(utf8proc_category_t category)
{
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
}

bool isLetterOrDigit(utf8proc_category_t category)
{
    switch (category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_CO:
        return true;
    default:
        return false;
    }
}

/// The letter without its accents, in lower case.
void appendFolded(std::string& out, utf8proc_int32_t codePoint)
{
    utf8proc_int32_t parts[32]; // the longest decomposition of one character has 18
    int last = 0;
    const auto count = utf8proc_decompose_char(codePoint, parts, 32, UTF8PROC_DECOMPOSE, &last);
    // Only letters of which marks fall off are taken apart: Korean syllables stay whole.
    bool isAccented = count > 1 && count <= 32;
    for (utf8proc_ssize_t i = 1; isAccented && i < count; ++i)
        isAccented = isMark(utf8proc_category(parts[i]));
    utf8proc_uint8_t bytes[4];
    const auto size
        = utf8proc_encode_char(utf8proc_tolower(isAccented ? parts[0] : codePoint), bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

} // namespace

std::vector<SearchWord> searchWords(std::string_view text, std::string_view beginnings)
{
    std::vector<SearchWord> words;
    bool isInside = false;
    const auto finish = [&](std::size_t end) {
        if (isInside)
            words.back().end = end;
        isInside = false;
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        utf8proc_int32_t codePoint = byte;
        utf8proc_ssize_t size = 1;
        bool isPart = false, isOnlyMark = false;
        if (byte < 0x80) {
            isPart = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')
                || (byte >= '0' && byte <= '9');
        } else {
            size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                static_cast<utf8proc_ssize_t>(text.size() - at), &codePoint);
            if (size > 0) {
                const auto category = utf8proc_category(codePoint);
                isOnlyMark = category == UTF8PROC_CATEGORY_MN && isInside;
                isPart = isOnlyMark || isLetterOrDigit(category);
            } else {
                size = 1; // not UTF-8: parts words
            }
        }
        if (!isPart) {
            finish(at);
        } else {
            if (!isInside)
                words.push_back({{}, {}, at, at});
            isInside = true;
            std::string& word = words.back().text;
            if (byte < 0x80)
                word += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
            else if (!isOnlyMark)
                appendFolded(word, codePoint);
        }
        at += static_cast<std::size_t>(size);
    }
    finish(text.size());
    for (SearchWord& word : words)
        word.stem = beginnings.empty()
                || (!word.text.empty() && beginnings.find(word.text.front()) != beginnings.npos)
            ? porterStem(word.text)
            : word.text;
    return words;
}

} // namespace core
