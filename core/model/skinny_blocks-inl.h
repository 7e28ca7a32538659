// GGUF's blocks in registers, for one vector instruction set. Included once for each by
// skinny_blocks.cpp, between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(FEATURESCOPE_SKINNY_BLOCKS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef FEATURESCOPE_SKINNY_BLOCKS_INL
#undef FEATURESCOPE_SKINNY_BLOCKS_INL
#else
#define FEATURESCOPE_SKINNY_BLOCKS_INL
#endif

#include "core/files/gguf_blocks.h"
#include "core/model/skinny_job.h"

#include <algorithm>
#include <cstring>

#include <c10/util/Half.h>
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Parts of 32 numbers change what they are multiplied by after 16: no vector may be wider.
using BlockTag = hn::CappedTag<float, 16>;
using BlockVector = hn::Vec<BlockTag>;
using Whole = hn::Rebind<std::int32_t, BlockTag>;
using WholeVector = hn::Vec<Whole>;

inline float halfOf(const std::uint8_t* at)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return c10::detail::fp16_ieee_to_fp32_value(bits);
}

/// The two float16 numbers at the beginning of a block of at least eight bytes, in every lane.
struct Halves {
    explicit Halves(const std::uint8_t* at)
    {
#if HWY_TARGET == HWY_SCALAR
        first = hn::Set(BlockTag(), halfOf(at));
        second = hn::Set(BlockTag(), halfOf(at + 2));
#else
        const hn::CappedTag<float, 4> four;
        const hn::Rebind<std::uint16_t, decltype(four)> bits;
        const hn::Rebind<hwy::float16_t, decltype(four)> halves;
        const auto numbers = hn::PromoteTo(
            four, hn::BitCast(halves, hn::LoadU(bits, reinterpret_cast<const std::uint16_t*>(at))));
        first = hn::Set(BlockTag(), hn::GetLane(numbers));
        second = hn::Set(BlockTag(), hn::GetLane(hn::Broadcast<1>(numbers)));
#endif
    }
    BlockVector first, second;
};

/// As many bytes as a vector has lanes, each a number.
inline WholeVector bytesAt(const std::uint8_t* at)
{
    const hn::Rebind<std::uint8_t, BlockTag> narrow;
    return hn::PromoteTo(Whole(), hn::LoadU(narrow, at));
}
inline WholeVector signedAt(const std::uint8_t* at)
{
    const hn::Rebind<std::int8_t, BlockTag> narrow;
    return hn::PromoteTo(Whole(), hn::LoadU(narrow, reinterpret_cast<const std::int8_t*>(at)));
}
inline WholeVector lowBits(WholeVector number, int bits)
{
    return hn::And(number, hn::Set(Whole(), (1 << bits) - 1));
}
/// Numbers k .. of a part of 32 whose two halves share 16 bytes.
inline WholeVector pairAt(const std::uint8_t* pairs, std::int64_t k)
{
    const WholeVector pair = bytesAt(pairs + k % 16);
    return k < 16 ? lowBits(pair, 4) : hn::ShiftRight<4>(pair);
}
/// The fifth bits of numbers k .., of 32 bits in all, at their place.
inline WholeVector fifthAt(std::uint32_t bits, std::int64_t k)
{
    const WholeVector all = hn::Set(Whole(), static_cast<std::int32_t>(bits));
    const WholeVector shifts = hn::Iota(Whole(), static_cast<std::int32_t>(k));
    return hn::ShiftLeft<4>(lowBits(hn::Shr(all, shifts), 1));
}

// A format's decoder stands for 32 numbers: made from its block and which 32 of it they are, `at`
// gives a vector of them from number k on.

struct Q4_0 {
    static constexpr std::int64_t kNumbers = 32, kBytes = 18;
    Q4_0(const std::uint8_t* block, int)
        : scale(Halves(block).first)
        , least(hn::Mul(scale, hn::Set(BlockTag(), -8.0f)))
        , pairs(block + 2)
    {
    }
    BlockVector at(std::int64_t k) const
    {
        return hn::MulAdd(hn::ConvertTo(BlockTag(), pairAt(pairs, k)), scale, least);
    }
    BlockVector scale, least;
    const std::uint8_t* pairs;
};

struct Q4_1 {
    static constexpr std::int64_t kNumbers = 32, kBytes = 20;
    Q4_1(const std::uint8_t* block, int)
        : halves(block)
        , pairs(block + 4)
    {
    }
    BlockVector at(std::int64_t k) const
    {
        return hn::MulAdd(hn::ConvertTo(BlockTag(), pairAt(pairs, k)), halves.first, halves.second);
    }
    Halves halves;
    const std::uint8_t* pairs;
};

struct Q5_0 {
    static constexpr std::int64_t kNumbers = 32, kBytes = 22;
    Q5_0(const std::uint8_t* block, int)
        : scale(Halves(block).first)
        , least(hn::Mul(scale, hn::Set(BlockTag(), -16.0f)))
        , pairs(block + 6)
    {
        std::memcpy(&fifths, block + 2, sizeof fifths);
    }
    BlockVector at(std::int64_t k) const
    {
        const WholeVector q = hn::Or(pairAt(pairs, k), fifthAt(fifths, k));
        return hn::MulAdd(hn::ConvertTo(BlockTag(), q), scale, least);
    }
    BlockVector scale, least;
    const std::uint8_t* pairs;
    std::uint32_t fifths = 0;
};

struct Q5_1 {
    static constexpr std::int64_t kNumbers = 32, kBytes = 24;
    Q5_1(const std::uint8_t* block, int)
        : halves(block)
        , pairs(block + 8)
    {
        std::memcpy(&fifths, block + 4, sizeof fifths);
    }
    BlockVector at(std::int64_t k) const
    {
        const WholeVector q = hn::Or(pairAt(pairs, k), fifthAt(fifths, k));
        return hn::MulAdd(hn::ConvertTo(BlockTag(), q), halves.first, halves.second);
    }
    Halves halves;
    const std::uint8_t* pairs;
    std::uint32_t fifths = 0;
};

struct Q8_0 {
    static constexpr std::int64_t kNumbers = 32, kBytes = 34;
    Q8_0(const std::uint8_t* block, int)
        : scale(Halves(block).first)
        , numbers(block + 2)
    {
    }
    BlockVector at(std::int64_t k) const
    {
        return hn::Mul(hn::ConvertTo(BlockTag(), signedAt(numbers + k)), scale);
    }
    BlockVector scale;
    const std::uint8_t* numbers;
};

/// Scale and least of 32 numbers of Q4_K and Q5_K: six bits each, packed into 12 bytes.
struct PackedScale {
    PackedScale(const std::uint8_t* block, int part)
    {
        const std::uint8_t* packed = block + 4;
        int own = 0, ownLeast = 0;
        if (part < 4) {
            own = packed[part] & 63;
            ownLeast = packed[part + 4] & 63;
        } else {
            own = (packed[part + 4] & 15) | (packed[part - 4] >> 6 << 4);
            ownLeast = (packed[part + 4] >> 4) | (packed[part] >> 6 << 4);
        }
        const Halves halves(block);
        scale = hn::Mul(halves.first, hn::Set(BlockTag(), static_cast<float>(own)));
        least = hn::Mul(halves.second, hn::Set(BlockTag(), -static_cast<float>(ownLeast)));
    }
    BlockVector scale, least;
};

struct Q4_K {
    static constexpr std::int64_t kNumbers = 256, kBytes = 144;
    Q4_K(const std::uint8_t* block, int part)
        : packed(block, part)
        , pairs(block + 16 + part / 2 * 32)
        , isUpper(part % 2 != 0)
    {
    }
    BlockVector at(std::int64_t k) const
    {
        const WholeVector pair = bytesAt(pairs + k);
        const WholeVector q = isUpper ? hn::ShiftRight<4>(pair) : lowBits(pair, 4);
        return hn::MulAdd(hn::ConvertTo(BlockTag(), q), packed.scale, packed.least);
    }
    PackedScale packed;
    const std::uint8_t* pairs;
    bool isUpper;
};

struct Q5_K {
    static constexpr std::int64_t kNumbers = 256, kBytes = 176;
    Q5_K(const std::uint8_t* block, int part)
        : packed(block, part)
        , fifths(block + 16)
        , pairs(block + 48 + part / 2 * 32)
        , part(part)
    {
    }
    BlockVector at(std::int64_t k) const
    {
        const WholeVector pair = bytesAt(pairs + k);
        const WholeVector four = part % 2 ? hn::ShiftRight<4>(pair) : lowBits(pair, 4);
        const WholeVector fifth = lowBits(hn::ShiftRightSame(bytesAt(fifths + k), part), 1);
        const WholeVector q = hn::Or(four, hn::ShiftLeft<4>(fifth));
        return hn::MulAdd(hn::ConvertTo(BlockTag(), q), packed.scale, packed.least);
    }
    PackedScale packed;
    const std::uint8_t *fifths, *pairs;
    int part;
};

struct Q6_K {
    static constexpr std::int64_t kNumbers = 256, kBytes = 210;
    Q6_K(const std::uint8_t* block, int part)
        : quarter(part % 4)
        , lower(block + part / 4 * 64 + part % 2 * 32)
        , upper(block + 128 + part / 4 * 32)
    {
        const float scale = halfOf(block + 208);
        for (int i = 0; i < 2; ++i)
            scales[i]
                = scale * static_cast<float>(static_cast<std::int8_t>(block[192 + 2 * part + i]));
    }
    BlockVector at(std::int64_t k) const
    {
        const WholeVector pair = bytesAt(lower + k);
        const WholeVector four = quarter < 2 ? lowBits(pair, 4) : hn::ShiftRight<4>(pair);
        const WholeVector two = lowBits(hn::ShiftRightSame(bytesAt(upper + k), 2 * quarter), 2);
        const WholeVector q = hn::Sub(hn::Or(four, hn::ShiftLeft<4>(two)), hn::Set(Whole(), 32));
        return hn::Mul(hn::ConvertTo(BlockTag(), q), hn::Set(BlockTag(), scales[k / 16]));
    }
    int quarter;
    const std::uint8_t *lower, *upper;
    float scales[2];
};

/// Two bits of every number: each byte serves four parts of 32.
struct Q2_K {
    static constexpr std::int64_t kNumbers = 256, kBytes = 84;
    Q2_K(const std::uint8_t* block, int part)
        : pairs(block + 16 + part / 4 * 32)
        , shift(part % 4 * 2)
    {
        const float own = halfOf(block + 80), ownLeast = halfOf(block + 82);
        for (int i = 0; i < 2; ++i) {
            const std::uint8_t both = block[2 * part + i];
            scales[i] = own * static_cast<float>(both & 15);
            leasts[i] = -ownLeast * static_cast<float>(both >> 4);
        }
    }
    BlockVector at(std::int64_t k) const
    {
        const WholeVector q = lowBits(hn::ShiftRightSame(bytesAt(pairs + k), shift), 2);
        return hn::MulAdd(hn::ConvertTo(BlockTag(), q), hn::Set(BlockTag(), scales[k / 16]),
            hn::Set(BlockTag(), leasts[k / 16]));
    }
    const std::uint8_t* pairs;
    int shift;
    float scales[2], leasts[2];
};

/// Third bits of all numbers, a bit of each byte a part; one that is not set takes 4 away.
struct Q3_K {
    static constexpr std::int64_t kNumbers = 256, kBytes = 110;
    Q3_K(const std::uint8_t* block, int part)
        : thirds(block)
        , pairs(block + 32 + part / 4 * 32)
        , part(part)
    {
        const std::uint8_t* packed = block + 96;
        const float scale = halfOf(block + 108);
        for (int i = 0; i < 2; ++i) {
            const int place = 2 * part + i;
            const int lower = place < 8 ? packed[place] & 15 : packed[place - 8] >> 4;
            const int upper = packed[8 + place % 4] >> (place / 4 * 2) & 3;
            scales[i] = scale * static_cast<float>((lower | upper << 4) - 32);
        }
    }
    BlockVector at(std::int64_t k) const
    {
        const WholeVector two = lowBits(hn::ShiftRightSame(bytesAt(pairs + k), part % 4 * 2), 2);
        const WholeVector third = lowBits(hn::ShiftRightSame(bytesAt(thirds + k), part), 1);
        const WholeVector q = hn::Sub(hn::Or(two, hn::ShiftLeft<2>(third)), hn::Set(Whole(), 4));
        return hn::Mul(hn::ConvertTo(BlockTag(), q), hn::Set(BlockTag(), scales[k / 16]));
    }
    const std::uint8_t *thirds, *pairs;
    int part;
    float scales[2];
};

/// kUneven[q] for every lane.
inline BlockVector uneven(WholeVector q)
{
    const BlockTag d;
#if !HWY_HAVE_SCALABLE && HWY_TARGET != HWY_SCALAR
    if constexpr (hn::MaxLanes(d) == 16)
        return hn::TableLookupLanes(hn::LoadU(d, kUneven.data()), hn::IndicesFromVec(d, q));
    else if constexpr (hn::MaxLanes(d) == 8) {
        const auto place = hn::IndicesFromVec(d, lowBits(q, 3));
        return hn::IfThenElse(hn::RebindMask(d, hn::Gt(q, hn::Set(Whole(), 7))),
            hn::TableLookupLanes(hn::LoadU(d, kUneven.data() + 8), place),
            hn::TableLookupLanes(hn::LoadU(d, kUneven.data()), place));
    }
#endif
    return hn::GatherIndex(d, kUneven.data(), q);
}

struct IQ4_NL {
    static constexpr std::int64_t kNumbers = 32, kBytes = 18;
    IQ4_NL(const std::uint8_t* block, int)
        : scale(Halves(block).first)
        , pairs(block + 2)
    {
    }
    BlockVector at(std::int64_t k) const { return hn::Mul(uneven(pairAt(pairs, k)), scale); }
    BlockVector scale;
    const std::uint8_t* pairs;
};

struct IQ4_XS {
    static constexpr std::int64_t kNumbers = 256, kBytes = 136;
    IQ4_XS(const std::uint8_t* block, int part)
        : pairs(block + 8 + part * 16)
    {
        std::uint16_t upper = 0;
        std::memcpy(&upper, block + 2, sizeof upper);
        const int four = block[4 + part / 2] >> (part % 2 * 4) & 15;
        const int two = upper >> (2 * part) & 3;
        scale = hn::Set(BlockTag(), halfOf(block) * static_cast<float>((four | two << 4) - 32));
    }
    BlockVector at(std::int64_t k) const { return hn::Mul(uneven(pairAt(pairs, k)), scale); }
    BlockVector scale;
    const std::uint8_t* pairs;
};

/// y[s, row .. row + kRows): a block of each row is decoded once for all streams.
template <typename Format, int kStreams, int kRows>
void dotBlockRows(const SkinnyJob& job, std::int64_t row)
{
    constexpr std::int64_t kAhead = 12288; // bytes: as long as memory takes to answer
    constexpr std::int64_t kParts = Format::kNumbers / 32;
    const BlockTag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const auto* rows = static_cast<const std::uint8_t*>(job.weight) + row * job.weightStride;
    BlockVector sums[kRows][kStreams];
    for (auto& perRow : sums)
        for (BlockVector& sum : perRow)
            sum = hn::Zero(d);
    const float* x = job.x;
    const std::int64_t blocks = job.in / Format::kNumbers;
    for (std::int64_t block = 0; block < blocks; ++block) {
        const std::uint8_t* at = rows + block * Format::kBytes;
        for (int r = 0; r < kRows; ++r)
            hwy::Prefetch(at + r * job.weightStride + kAhead);
        for (int part = 0; part < kParts; ++part, x += 32) {
            for (int r = 0; r < kRows; ++r) {
                const Format decoder(at + r * job.weightStride, part);
                for (std::int64_t k = 0; k < 32; k += lanes) {
                    const BlockVector w = decoder.at(k);
                    for (int s = 0; s < kStreams; ++s)
                        sums[r][s] = hn::MulAdd(w, hn::LoadU(d, x + s * job.in + k), sums[r][s]);
                }
            }
        }
    }
    for (int r = 0; r < kRows; ++r)
        for (int s = 0; s < kStreams; ++s)
            job.y[s * job.out + row + r] = hn::GetLane(hn::SumOfLanes(d, sums[r][s]))
                + (job.bias ? job.bias[row + r] : 0.0f);
}

template <typename Format, int kStreams>
void dotBlockRange(const SkinnyJob& job, const SkinnyPart& part)
{
    constexpr int kRows = kStreams <= 2 ? 4 : 2;
    std::int64_t row = part.begin;
    for (; row + kRows <= part.end; row += kRows)
        dotBlockRows<Format, kStreams, kRows>(job, row);
    for (; row < part.end; ++row)
        dotBlockRows<Format, kStreams, 1>(job, row);
}

/// More than four streams go through the blocks four at a time: their sums fill the registers.
template <typename Format> void dotBlocks(const SkinnyJob& job, const SkinnyPart& part)
{
    SkinnyJob some = job;
    for (int first = 0; first < job.streams; first += 4) {
        some.x = job.x + first * job.in;
        some.y = job.y + first * job.out;
        switch (std::min(job.streams - first, 4)) {
        case 1:
            dotBlockRange<Format, 1>(some, part);
            break;
        case 2:
            dotBlockRange<Format, 2>(some, part);
            break;
        case 3:
            dotBlockRange<Format, 3>(some, part);
            break;
        default:
            dotBlockRange<Format, 4>(some, part);
        }
    }
}

template <typename Format>
void widenBlocksOf(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    const BlockTag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    for (std::int64_t block = 0; block < count; ++block, blocks += Format::kBytes) {
        for (int part = 0; part < Format::kNumbers / 32; ++part, wide += 32) {
            const Format decoder(blocks, part);
            for (std::int64_t k = 0; k < 32; k += lanes)
                hn::StoreU(decoder.at(k), d, wide + k);
        }
    }
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
