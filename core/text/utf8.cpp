#include "core/text/utf8.h"

#include <utf8proc.h>

namespace core {

namespace {

constexpr char32_t kReplacement = 0xfffd;

utf8proc_category_t category(char32_t codePoint)
{
    return utf8proc_category(static_cast<utf8proc_int32_t>(codePoint));
}

struct Lead {
    int following; ///< -1 where the byte begins nothing.
    unsigned char
        firstLow; ///< Range of the second byte: excludes overlong forms, surrogates and > U+10FFFF.
    unsigned char firstHigh;
};

Lead leadOf(unsigned char byte)
{
    if (byte >= 0xc2 && byte <= 0xdf)
        return {1, 0x80, 0xbf};
    if (byte >= 0xe0 && byte <= 0xef)
        return {2, static_cast<unsigned char>(byte == 0xe0 ? 0xa0 : 0x80),
            static_cast<unsigned char>(byte == 0xed ? 0x9f : 0xbf)};
    if (byte >= 0xf0 && byte <= 0xf4)
        return {3, static_cast<unsigned char>(byte == 0xf0 ? 0x90 : 0x80),
            static_cast<unsigned char>(byte == 0xf4 ? 0x8f : 0xbf)};
    return {-1, 0, 0};
}

} // namespace

Utf8Step utf8At(std::string_view text, std::size_t position)
{
    const auto first = static_cast<unsigned char>(text[position]);
    if (first < 0x80)
        return {first, 1, true};
    const Lead lead = leadOf(first);
    if (lead.following < 0)
        return {kReplacement, 1, false};
    char32_t codePoint = first & (0x3fu >> static_cast<unsigned>(lead.following));
    for (int i = 1; i <= lead.following; ++i) {
        const std::size_t at = position + static_cast<std::size_t>(i);
        const unsigned char byte = at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
        const bool fits = i == 1 ? byte >= lead.firstLow && byte <= lead.firstHigh
                                 : byte >= 0x80 && byte <= 0xbf;
        if (!fits)
            return {kReplacement, static_cast<std::size_t>(i), false};
        codePoint = (codePoint << 6) | (byte & 0x3fu);
    }
    return {codePoint, static_cast<std::size_t>(lead.following) + 1, true};
}

std::string toValidUtf8(std::string_view text)
{
    std::string valid;
    valid.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        if (step.isValid)
            valid.append(text, i, step.length);
        else
            appendUtf8(valid, kReplacement);
        i += step.length;
    }
    return valid;
}

void appendUtf8(std::string& text, char32_t codePoint)
{
    utf8proc_uint8_t bytes[4];
    const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(codePoint), bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

bool isWhiteSpace(char32_t codePoint)
{
    if ((codePoint >= 0x09 && codePoint <= 0x0d) || codePoint == 0x85)
        return true;
    const auto kind = category(codePoint);
    return kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL
        || kind == UTF8PROC_CATEGORY_ZP;
}

bool isWordCharacter(char32_t c)
{
    switch (category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        // Join_Control, and the circled and squared letters, which are alphabetic symbols.
        return c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9)
            || (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169)
            || (c >= 0x1f170 && c <= 0x1f189);
    }
}

bool isNumeric(char32_t codePoint)
{
    const auto kind = category(codePoint);
    return kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL
        || kind == UTF8PROC_CATEGORY_NO;
}

bool isPunctuation(char32_t c)
{
    if (c < 0x80)
        return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`')
            || (c >= '{' && c <= '~');
    const auto kind = category(c);
    return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO;
}

bool isOther(char32_t codePoint)
{
    const auto kind = category(codePoint);
    return kind == UTF8PROC_CATEGORY_CN || kind >= UTF8PROC_CATEGORY_CC;
}

bool isNonspacingMark(char32_t codePoint)
{
    return category(codePoint) == UTF8PROC_CATEGORY_MN;
}

std::u32string lowercase(char32_t codePoint)
{
    if (codePoint == 0x130) // the only letter whose lower case is two code points
        return {0x69, 0x307};
    return {static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(codePoint)))};
}

} // namespace core
