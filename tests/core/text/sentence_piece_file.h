#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace tests {

/// Writes protobuf's wire format, for SentencePiece models that tests make up.
class WireWriter {
public:
    WireWriter& number(std::uint32_t field, std::uint64_t value)
    {
        varint(std::uint64_t{field} << 3u);
        varint(value);
        return *this;
    }
    WireWriter& bytes(std::uint32_t field, std::string_view content)
    {
        varint((std::uint64_t{field} << 3u) | 2u);
        varint(content.size());
        m_bytes += content;
        return *this;
    }
    WireWriter& real(std::uint32_t field, float value)
    {
        varint((std::uint64_t{field} << 3u) | 5u);
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (unsigned shift = 0; shift < 32; shift += 8)
            m_bytes += static_cast<char>((bits >> shift) & 0xffu);
        return *this;
    }
    const std::string& text() const { return m_bytes; }

private:
    void varint(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7u)
            m_bytes += static_cast<char>((value & 0x7fu) | 0x80u);
        m_bytes += static_cast<char>(value);
    }

    std::string m_bytes;
};

/// A SentencePiece model in the making. Types: 1 normal, 2 unknown, 3 control, 4 user defined,
/// 5 unused, 6 byte.
class SentencePieceFile {
public:
    SentencePieceFile& piece(std::string_view text, float score, int type = 1)
    {
        WireWriter piece;
        piece.bytes(1, text).real(2, score);
        if (type != 1)
            piece.number(3, static_cast<std::uint64_t>(type));
        m_pieces.bytes(1, piece.text());
        return *this;
    }
    SentencePieceFile& specials()
    {
        return piece("<unk>", 0, 2).piece("<s>", 0, 3).piece("</s>", 0, 3);
    }
    SentencePieceFile& bytePieces()
    {
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        for (unsigned byte = 0; byte < 256; ++byte)
            piece("<0x" + std::string{kDigits[byte >> 4u], kDigits[byte & 15u]} + ">", 0, 6);
        return *this;
    }

    int modelType = 2;
    bool hasByteFallback = true;
    bool addsPrefix = true;
    bool removesExtraSpaces = false;

    std::string bytes() const
    {
        WireWriter trainer;
        trainer.number(3, static_cast<std::uint64_t>(modelType))
            .number(35, hasByteFallback ? 1 : 0);
        WireWriter normalizer;
        normalizer.bytes(1, "identity").number(3, addsPrefix ? 1 : 0);
        normalizer.number(4, removesExtraSpaces ? 1 : 0);
        WireWriter model = m_pieces;
        model.bytes(2, trainer.text()).bytes(3, normalizer.text());
        return model.text();
    }

private:
    WireWriter m_pieces;
};

} // namespace tests
