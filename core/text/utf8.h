#pragma once

#include "core/files/utf8_check.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// One step through UTF-8. Bytes that are no character make one invalid step per longest valid
/// beginning, as the Unicode standard recommends (and Rust's lossy conversion does).
struct Utf8Step {
    char32_t codePoint = 0; ///< U+FFFD where invalid.
    std::size_t length = 0; ///< Bytes taken, at least 1.
    bool isValid = false;
};

Utf8Step utf8At(std::string_view text, std::size_t position); ///< `position` < size.
std::string toValidUtf8(std::string_view text); ///< Invalid steps become U+FFFD.
void appendUtf8(std::string& text, char32_t codePoint);
inline bool isUtf8Continuation(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0u) == 0x80u;
}

bool isWhiteSpace(char32_t codePoint); ///< The Unicode property White_Space.
bool isWordCharacter(char32_t codePoint); ///< \w of Unicode regular expressions (UTS 18).
bool isNumeric(char32_t codePoint); ///< Categories Nd, Nl, No.
bool isPunctuation(char32_t codePoint); ///< ASCII punctuation and symbols, and categories P*.
bool isOther(char32_t codePoint); ///< Categories C*: control, format, unassigned, private use.
bool isNonspacingMark(char32_t codePoint); ///< Category Mn.
std::u32string lowercase(char32_t codePoint); ///< Without regard to neighbours.

} // namespace core
