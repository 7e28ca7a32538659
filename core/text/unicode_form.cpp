#include "core/text/unicode_form.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <vector>

#include <utf8proc.h>

namespace core {

namespace {

struct Character {
    char32_t codePoint;
    int combiningClass;
    int consumed; ///< How many characters of the input it stands for: 0 for the further parts of
                  ///< one that was taken apart.
};

int combiningClassOf(char32_t codePoint)
{
    return utf8proc_get_property(static_cast<utf8proc_int32_t>(codePoint))->combining_class;
}

std::vector<Character> decompose(const std::string& text, bool isCompatible)
{
    const int options = UTF8PROC_DECOMPOSE | (isCompatible ? UTF8PROC_COMPAT : 0);
    std::vector<Character> characters;
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        i += step.length;
        utf8proc_int32_t parts[32]; // the longest decomposition of one character has 18
        int ignored = 0;
        const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(step.codePoint),
            parts, 32, static_cast<utf8proc_option_t>(options), &ignored);
        for (utf8proc_ssize_t part = 0; part < count && part < 32; ++part) {
            const auto codePoint = static_cast<char32_t>(parts[part]);
            characters.push_back({codePoint, combiningClassOf(codePoint), part == 0 ? 1 : 0});
        }
    }
    const auto isStarter = [](const Character& c) { return c.combiningClass == 0; };
    for (auto begin = characters.begin(); begin != characters.end();) {
        begin = std::find_if_not(begin, characters.end(), isStarter);
        const auto end = std::find_if(begin, characters.end(), isStarter);
        std::stable_sort(begin, end, [](const Character& a, const Character& b) {
            return a.combiningClass < b.combiningClass;
        });
        begin = end;
    }
    return characters;
}

/// The primary composite of two characters, or 0.
char32_t composite(char32_t first, char32_t second)
{
    if (second < 0x300) // nothing below composes with what stands before it
        return 0;
    utf8proc_int32_t pair[3]
        = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second), 0};
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    return utf8proc_normalize_utf32(pair, 2, options) == 1 ? static_cast<char32_t>(pair[0]) : 0;
}

/// Unicode Standard, section 3.11, D117.
std::vector<Character> compose(const std::vector<Character>& characters)
{
    std::vector<Character> composed;
    std::ptrdiff_t starter = -1;
    int lastClass = -1; // of the last character that stayed after the starter; -1: none did
    for (const Character& character : characters) {
        if (starter >= 0 && lastClass < character.combiningClass) {
            Character& base = composed[static_cast<std::size_t>(starter)];
            if (const char32_t joined = composite(base.codePoint, character.codePoint)) {
                base.codePoint = joined;
                base.consumed += character.consumed;
                continue;
            }
        }
        if (character.combiningClass == 0) {
            starter = static_cast<std::ptrdiff_t>(composed.size());
            lastClass = -1;
        } else {
            lastClass = character.combiningClass;
        }
        composed.push_back(character);
    }
    return composed;
}

/// The form of bytes [begin, end), appended to `result`.
void appendForm(const AlignedText& text, std::size_t begin, std::size_t end, UnicodeForm form,
    AlignedText& result)
{
    const std::string before = text.text().substr(begin, end - begin);
    auto characters = decompose(before, form == UnicodeForm::NFKC || form == UnicodeForm::NFKD);
    if (form == UnicodeForm::NFC || form == UnicodeForm::NFKC)
        characters = compose(characters);

    std::vector<AlignedText::Range> sources; // one per input character
    for (std::size_t i = 0; i < before.size(); i += utf8At(before, i).length)
        sources.push_back(text.source(begin + i));
    std::size_t next = 0;
    for (const Character& character : characters) {
        const std::size_t at = character.consumed > 0 || next == 0 ? next : next - 1;
        result.append(character.codePoint, sources[std::min(at, sources.size() - 1)]);
        next += static_cast<std::size_t>(character.consumed);
    }
}

} // namespace

AlignedText toUnicodeForm(const AlignedText& text, UnicodeForm form)
{
    const auto isAscii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    const std::string& before = text.text();
    AlignedText result;
    result.reserve(before.size());
    // ASCII characters are in every form and join with nothing on their left. So each run of other
    // characters can be taken by itself, with the one ASCII character before it.
    for (std::size_t done = 0; done < before.size();) {
        const auto from = before.begin() + static_cast<std::ptrdiff_t>(done);
        const auto other = std::find_if_not(from, before.end(), isAscii);
        const auto next = std::find_if(other, before.end(), isAscii);
        const auto begin = static_cast<std::size_t>(
            (other != before.end() && other != from ? other - 1 : other) - before.begin());
        const auto end = static_cast<std::size_t>(next - before.begin());
        result.append(text, done, begin);
        if (begin < end)
            appendForm(text, begin, end, form, result);
        done = end;
    }
    return result;
}

} // namespace core
