#include "core/text/byte_alphabet.h"

#include "core/text/utf8.h"

#include <array>

namespace core::byte_alphabet {

namespace {

struct Alphabet {
    std::array<std::string, 256> standIns;
    std::array<int, 0x144>
        bytes; ///< By code point; -1: no stand-in. The largest stand-in is U+0143.

    Alphabet()
    {
        bytes.fill(-1);
        char32_t next = 0x100;
        for (int byte = 0; byte < 256; ++byte) {
            const bool isPrintable
                = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
            const char32_t codePoint = isPrintable ? static_cast<char32_t>(byte) : next++;
            appendUtf8(standIns[static_cast<std::size_t>(byte)], codePoint);
            bytes[codePoint] = byte;
        }
    }
};

const Alphabet& alphabet()
{
    static const Alphabet instance;
    return instance;
}

} // namespace

std::string_view standIn(unsigned char byte)
{
    return alphabet().standIns[byte];
}

std::string encode(std::string_view bytes)
{
    std::string encoded;
    for (const char byte : bytes)
        encoded += standIn(static_cast<unsigned char>(byte));
    return encoded;
}

void encode(const AlignedText& text, std::size_t begin, std::size_t end, AlignedText& encoded)
{
    const auto& standIns = alphabet().standIns;
    for (std::size_t i = begin; i < end; ++i)
        encoded.append(standIns[static_cast<unsigned char>(text.text()[i])], text.source(i));
}

std::optional<std::string> decode(std::string_view piece)
{
    std::string bytes;
    for (std::size_t i = 0; i < piece.size();) {
        const Utf8Step step = utf8At(piece, i);
        if (step.codePoint >= alphabet().bytes.size() || alphabet().bytes[step.codePoint] < 0)
            return std::nullopt;
        bytes += static_cast<char>(alphabet().bytes[step.codePoint]);
        i += step.length;
    }
    return bytes;
}

} // namespace core::byte_alphabet
