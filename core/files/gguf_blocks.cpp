#include "core/files/gguf_blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace core {

namespace {

using Byte = std::uint8_t;

const Byte* bytesOf(const std::byte* block)
{
    return reinterpret_cast<const Byte*>(block);
}

std::uint16_t wordAt(const Byte* at)
{
    std::uint16_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

float halfAt(const Byte* at)
{
    return halfToFloat(wordAt(at));
}

int low(Byte pair)
{
    return pair & 0xF;
}
int high(Byte pair)
{
    return pair >> 4;
}

// Blocks of 32 numbers with one scale. Two numbers share a byte: the lower half of each belongs to
// the first 16 numbers, the upper half to the last 16.

template <typename Number> void decodePairs(const Byte* pairs, float* numbers, Number number)
{
    for (int i = 0; i < 16; ++i) {
        numbers[i] = number(low(pairs[i]), i);
        numbers[i + 16] = number(high(pairs[i]), i + 16);
    }
}

void decodeQ4_0(const std::byte* block, float* numbers)
{
    const Byte* at = bytesOf(block);
    const float scale = halfAt(at);
    decodePairs(at + 2, numbers, [scale](int q, int) { return static_cast<float>(q - 8) * scale; });
}

void decodeQ4_1(const std::byte* block, float* numbers)
{
    const Byte* at = bytesOf(block);
    const float scale = halfAt(at), least = halfAt(at + 2);
    decodePairs(at + 4, numbers, [=](int q, int) { return static_cast<float>(q) * scale + least; });
}

/// The fifth bits of 32 numbers lie together, the first number's lowest.
int fifthBit(std::uint32_t bits, int i)
{
    return static_cast<int>(bits >> static_cast<unsigned>(i) & 1u) << 4;
}

std::uint32_t bitsAt(const Byte* at)
{
    std::uint32_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
}

void decodeQ5_0(const std::byte* block, float* numbers)
{
    const Byte* at = bytesOf(block);
    const float scale = halfAt(at);
    const std::uint32_t bits = bitsAt(at + 2);
    decodePairs(at + 6, numbers,
        [=](int q, int i) { return static_cast<float>((q | fifthBit(bits, i)) - 16) * scale; });
}

void decodeQ5_1(const std::byte* block, float* numbers)
{
    const Byte* at = bytesOf(block);
    const float scale = halfAt(at), least = halfAt(at + 2);
    const std::uint32_t bits = bitsAt(at + 4);
    decodePairs(at + 8, numbers,
        [=](int q, int i) { return static_cast<float>(q | fifthBit(bits, i)) * scale + least; });
}

void decodeQ8_0(const std::byte* block, float* numbers)
{
    const Byte* at = bytesOf(block);
    const float scale = halfAt(at);
    for (int i = 0; i < 32; ++i)
        numbers[i] = static_cast<float>(static_cast<std::int8_t>(at[2 + i])) * scale;
}

void decodeIQ4_NL(const std::byte* block, float* numbers)
{
    const Byte* at = bytesOf(block);
    const float scale = halfAt(at);
    decodePairs(at + 2, numbers,
        [scale](int q, int) { return scale * kUneven[static_cast<std::size_t>(q)]; });
}

// Blocks of 256 numbers: parts of 16 or 32 with small whole scales of their own, multiplied by a
// scale of the whole block.

/// Two bits of every number: each byte serves four numbers, 32 apart, in halves of 128.
void decodeQ2_K(const std::byte* block, float* numbers)
{
    const Byte *scales = bytesOf(block), *pairs = scales + 16;
    const float scale = halfAt(pairs + 64), leastScale = halfAt(pairs + 66);
    for (int part = 0; part < 16; ++part) {
        const float own = scale * static_cast<float>(low(scales[part]));
        const float least = leastScale * static_cast<float>(high(scales[part]));
        const Byte* from = pairs + part / 8 * 32 + part % 2 * 16;
        const int shift = part % 8 / 2 * 2;
        for (int i = 0; i < 16; ++i)
            *numbers++ = own * static_cast<float>(from[i] >> shift & 3) - least;
    }
}

/// The third bits lie in 32 bytes before: bit `part / 2` of a byte belongs to the numbers of that
/// part. A bit that is not set takes 4 away.
void decodeQ3_K(const std::byte* block, float* numbers)
{
    const Byte *thirds = bytesOf(block), *pairs = thirds + 32, *scales = pairs + 64;
    const float scale = halfAt(scales + 12);
    for (int part = 0; part < 16; ++part) {
        const int lower = part < 8 ? low(scales[part]) : high(scales[part - 8]);
        const int upper = scales[8 + part % 4] >> (part / 4 * 2) & 3;
        const float own = scale * static_cast<float>((lower | upper << 4) - 32);
        const int column = part % 2 * 16, shift = part % 8 / 2 * 2;
        const Byte* from = pairs + part / 8 * 32 + column;
        for (int i = 0; i < 16; ++i) {
            const int third = thirds[column + i] >> (part / 2) & 1;
            *numbers++ = own * static_cast<float>((from[i] >> shift & 3) - (third ? 0 : 4));
        }
    }
}

/// Scale and least of one of eight parts: six bits each, packed into 12 bytes.
struct PartScale {
    int scale, least;
};

PartScale partScale(const Byte* packed, int part)
{
    if (part < 4)
        return {packed[part] & 63, packed[part + 4] & 63};
    return {low(packed[part + 4]) | packed[part - 4] >> 6 << 4,
        high(packed[part + 4]) | packed[part] >> 6 << 4};
}

void decodeQ4_K(const std::byte* block, float* numbers)
{
    const Byte *at = bytesOf(block), *scales = at + 4, *pairs = scales + 12;
    const float scale = halfAt(at), leastScale = halfAt(at + 2);
    for (int part = 0; part < 8; ++part) {
        const PartScale own = partScale(scales, part);
        const float factor = scale * static_cast<float>(own.scale);
        const float least = leastScale * static_cast<float>(own.least);
        for (int i = 0; i < 32; ++i) {
            const Byte pair = pairs[part / 2 * 32 + i];
            *numbers++ = factor * static_cast<float>(part % 2 ? high(pair) : low(pair)) - least;
        }
    }
}

void decodeQ5_K(const std::byte* block, float* numbers)
{
    const Byte *at = bytesOf(block), *scales = at + 4, *fifths = scales + 12, *pairs = fifths + 32;
    const float scale = halfAt(at), leastScale = halfAt(at + 2);
    for (int part = 0; part < 8; ++part) {
        const PartScale own = partScale(scales, part);
        const float factor = scale * static_cast<float>(own.scale);
        const float least = leastScale * static_cast<float>(own.least);
        for (int i = 0; i < 32; ++i) {
            const Byte pair = pairs[part / 2 * 32 + i];
            const int q = (part % 2 ? high(pair) : low(pair)) | (fifths[i] >> part & 1) << 4;
            *numbers++ = factor * static_cast<float>(q) - least;
        }
    }
}

/// Four lower bits in 128 bytes, two upper ones in 64, a signed scale for every 16 numbers.
void decodeQ6_K(const std::byte* block, float* numbers)
{
    const Byte *lower = bytesOf(block), *upper = lower + 128, *scales = upper + 64;
    const float scale = halfAt(scales + 16);
    for (int i = 0; i < 256; ++i) {
        const int half = i / 128, quarter = i % 128 / 32, column = i % 32;
        const Byte pair = lower[half * 64 + quarter % 2 * 32 + column];
        const int four = quarter < 2 ? low(pair) : high(pair);
        const int two = upper[half * 32 + column] >> (2 * quarter) & 3;
        const auto own = static_cast<std::int8_t>(scales[i / 16]);
        numbers[i] = scale * static_cast<float>(own) * static_cast<float>((four | two << 4) - 32);
    }
}

void decodeIQ4_XS(const std::byte* block, float* numbers)
{
    const Byte *at = bytesOf(block), *lower = at + 4, *pairs = lower + 4;
    const float scale = halfAt(at);
    const unsigned upper = wordAt(at + 2);
    for (int part = 0; part < 8; ++part) {
        const int four = lower[part / 2] >> (part % 2 * 4) & 0xF;
        const int two = static_cast<int>(upper >> (2 * part) & 3u);
        const float own = scale * static_cast<float>((four | two << 4) - 32);
        decodePairs(pairs + part * 16, numbers + part * 32,
            [own](int q, int) { return own * kUneven[static_cast<std::size_t>(q)]; });
    }
}

constexpr std::array<BlockFormat, 12> kFormats{{
    {"Q4_0", 32, 18, {0, -1}, decodeQ4_0},
    {"Q4_1", 32, 20, {0, 2}, decodeQ4_1},
    {"Q5_0", 32, 22, {0, -1}, decodeQ5_0},
    {"Q5_1", 32, 24, {0, 2}, decodeQ5_1},
    {"Q8_0", 32, 34, {0, -1}, decodeQ8_0},
    {"Q2_K", 256, 84, {80, 82}, decodeQ2_K},
    {"Q3_K", 256, 110, {108, -1}, decodeQ3_K},
    {"Q4_K", 256, 144, {0, 2}, decodeQ4_K},
    {"Q5_K", 256, 176, {0, 2}, decodeQ5_K},
    {"Q6_K", 256, 210, {208, -1}, decodeQ6_K},
    {"IQ4_NL", 32, 18, {0, -1}, decodeIQ4_NL},
    {"IQ4_XS", 256, 136, {0, -1}, decodeIQ4_XS},
}};

} // namespace

const BlockFormat* findBlockFormat(std::string_view name)
{
    const auto* const found = std::find_if(kFormats.begin(), kFormats.end(),
        [name](const BlockFormat& format) { return format.name == name; });
    return found == kFormats.end() ? nullptr : found;
}

void decodeBlocks(const BlockFormat& format, std::span<const std::byte> blocks, float* numbers)
{
    for (std::size_t at = 0; at + format.bytes <= blocks.size(); at += format.bytes) {
        format.decode(blocks.data() + at, numbers);
        numbers += format.numbers;
    }
}

bool areScalesFinite(const BlockFormat& format, std::span<const std::byte> blocks)
{
    constexpr unsigned kExponent = 0x7C00;
    bool areFinite = true;
    for (const int offset : format.scales) {
        if (offset < 0)
            continue;
        for (std::size_t at = 0; at + format.bytes <= blocks.size(); at += format.bytes) {
            const unsigned half = wordAt(bytesOf(blocks.data() + at) + offset);
            areFinite &= (half & kExponent) != kExponent;
        }
    }
    return areFinite;
}

float halfToFloat(std::uint16_t half)
{
    const std::uint32_t sign = (half & 0x8000u) << 16u, rest = half & 0x7FFFu;
    if (rest >= 0x7C00u) // infinite or NaN
        return std::bit_cast<float>(sign | 0x7F800000u | (rest & 0x3FFu) << 13u);
    if (rest >= 0x400u)
        return std::bit_cast<float>(sign | ((rest << 13u) + (112u << 23u)));
    // Below the least normal number: whole multiples of 2^-24.
    const float small = static_cast<float>(rest) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(small) | sign);
}

} // namespace core
