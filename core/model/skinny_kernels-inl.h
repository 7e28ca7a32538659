// Products of one to eight rows with stored weights, for one vector instruction set. Included once
// for each by the files of the stored types, between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(FEATURESCOPE_SKINNY_KERNELS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef FEATURESCOPE_SKINNY_KERNELS_INL
#undef FEATURESCOPE_SKINNY_KERNELS_INL
#else
#define FEATURESCOPE_SKINNY_KERNELS_INL
#endif

#include "core/model/skinny_job.h"

#include <algorithm>
#include <type_traits>

#include <c10/util/Half.h>
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kRegisters = 32;
#else
inline constexpr int kRegisters = 16;
#endif

inline Vector widen(Tag d, const float* at)
{
    return hn::LoadU(d, at);
}
inline Vector widen(Tag d, const hwy::bfloat16_t* at)
{
    const hn::Rebind<std::uint16_t, Tag> narrow;
    const hn::Rebind<std::uint32_t, Tag> wide;
    const auto bits = hn::LoadU(narrow, reinterpret_cast<const std::uint16_t*>(at));
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(wide, bits)));
}
inline Vector widen(Tag d, const hwy::float16_t* at)
{
    const hn::Rebind<std::uint16_t, Tag> narrow;
    const hn::Rebind<hwy::float16_t, Tag> half;
    const auto bits = hn::LoadU(narrow, reinterpret_cast<const std::uint16_t*>(at));
    return hn::PromoteTo(d, hn::BitCast(half, bits));
}
inline Vector widen(Tag d, const std::int8_t* at)
{
    const hn::Rebind<std::int8_t, Tag> narrow;
    const hn::Rebind<std::int32_t, Tag> wide;
    return hn::ConvertTo(d, hn::PromoteTo(wide, hn::LoadU(narrow, at)));
}

inline float widenOne(float number)
{
    return number;
}
inline float widenOne(hwy::bfloat16_t number)
{
    return hwy::F32FromBF16(number);
}
inline float widenOne(hwy::float16_t number)
{
    return c10::detail::fp16_ieee_to_fp32_value(number.bits);
}
inline float widenOne(std::int8_t number)
{
    return static_cast<float>(number);
}

template <typename Stored> inline constexpr bool hasScales = std::is_same_v<Stored, std::int8_t>;

/// How far ahead of the sums weights are asked for: as long as memory takes to answer.
inline constexpr std::int64_t kBytesAhead = 12288;

/// The same in rows, of which `together` of `width` numbers are read at a time.
template <typename Stored> std::int64_t rowsAhead(int together, std::int64_t width)
{
    constexpr auto kNumbers = kBytesAhead / static_cast<std::int64_t>(sizeof(Stored));
    return std::max<std::int64_t>(kNumbers / (together * width), 1) * together;
}

/// Sums of a group of int8 numbers are scaled once; elsewhere they go on through the row.
template <typename Stored, int kStreams> constexpr int sumsPerRow()
{
    return hasScales<Stored> ? 2 * kStreams : kStreams;
}

/// How many weight rows go through the inner loop together: as many as leave all sums in registers.
/// More rows are more streams for the memory to serve at once.
constexpr int rowsThatFit(int registers, int perRow)
{
    const int fit = registers / perRow;
    return fit >= 8 ? 8 : fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
}

/// y[s, row .. row + kRows) for weights [out, in].
template <typename Stored, int kStreams, int kRows>
void dotRows(const SkinnyJob& job, std::int64_t row)
{
    constexpr std::int64_t kStep = kSkinnyStep<Stored>;
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const Stored* weight = static_cast<const Stored*>(job.weight) + row * job.weightStride;
    const float* scales = hasScales<Stored> ? job.scales + row * job.scaleStride : nullptr;
    const std::int64_t ahead = rowsAhead<Stored>(kRows, job.in) * job.weightStride;
    Vector sums[kRows][kStreams];
    for (auto& perRow : sums)
        for (Vector& sum : perRow)
            sum = hn::Zero(d);
    std::int64_t i = 0;
    for (; i + kStep <= job.in; i += kStep) {
        for (int r = 0; r < kRows; ++r)
            hwy::Prefetch(weight + r * job.weightStride + i + ahead);
        if constexpr (hasScales<Stored>) {
            Vector parts[kRows][kStreams];
            for (auto& perRow : parts)
                for (Vector& part : perRow)
                    part = hn::Zero(d);
            for (std::int64_t k = i; k < i + kStep; k += lanes) {
                Vector x[kStreams];
                for (int s = 0; s < kStreams; ++s)
                    x[s] = hn::LoadU(d, job.x + s * job.in + k);
                for (int r = 0; r < kRows; ++r) {
                    const Vector w = widen(d, weight + r * job.weightStride + k);
                    for (int s = 0; s < kStreams; ++s)
                        parts[r][s] = hn::MulAdd(w, x[s], parts[r][s]);
                }
            }
            for (int r = 0; r < kRows; ++r) {
                const Vector scale = hn::Set(d, scales[r * job.scaleStride + i / kStep]);
                for (int s = 0; s < kStreams; ++s)
                    sums[r][s] = hn::MulAdd(parts[r][s], scale, sums[r][s]);
            }
        } else {
            for (std::int64_t k = i; k < i + kStep; k += lanes) {
                Vector x[kStreams];
                for (int s = 0; s < kStreams; ++s)
                    x[s] = hn::LoadU(d, job.x + s * job.in + k);
                for (int r = 0; r < kRows; ++r) {
                    const Vector w = widen(d, weight + r * job.weightStride + k);
                    for (int s = 0; s < kStreams; ++s)
                        sums[r][s] = hn::MulAdd(w, x[s], sums[r][s]);
                }
            }
        }
    }
    for (int r = 0; r < kRows; ++r) {
        const Stored* numbers = weight + r * job.weightStride;
        const float scale
            = hasScales<Stored> && i < job.in ? scales[r * job.scaleStride + i / kStep] : 1.0f;
        for (int s = 0; s < kStreams; ++s) {
            const float* x = job.x + s * job.in;
            float rest = 0.0f;
            for (std::int64_t k = i; k < job.in; ++k)
                rest += widenOne(numbers[k]) * x[k];
            const float sum = hn::GetLane(hn::SumOfLanes(d, sums[r][s])) + rest * scale;
            job.y[s * job.out + row + r] = sum + (job.bias ? job.bias[row + r] : 0.0f);
        }
    }
}

template <typename Stored, int kStreams> void dotRange(const SkinnyJob& job, const SkinnyPart& part)
{
    constexpr int kRows = rowsThatFit(kRegisters - 2 - kStreams, sumsPerRow<Stored, kStreams>());
    std::int64_t row = part.begin;
    for (; row + kRows <= part.end; row += kRows)
        dotRows<Stored, kStreams, kRows>(job, row);
    for (; row < part.end; ++row)
        dotRows<Stored, kStreams, 1>(job, row);
}

/// y[s, begin .. end) += x[s, i .. i + kRows) W[i .. i + kRows, begin .. end) for weights [in,
/// out]. `begin` is where a group of int8 numbers begins.
template <typename Stored, int kStreams, int kRows>
void addRows(const SkinnyJob& job, std::int64_t i, std::int64_t begin, std::int64_t end)
{
    constexpr std::int64_t kStep = kSkinnyStep<Stored>;
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const Stored* weight = static_cast<const Stored*>(job.weight) + i * job.weightStride;
    const float* scales = hasScales<Stored> ? job.scales + i * job.scaleStride : nullptr;
    const std::int64_t ahead = rowsAhead<Stored>(kRows, end - begin) * job.weightStride;
    Vector factors[kStreams][kRows];
    for (int s = 0; s < kStreams && !hasScales<Stored>; ++s)
        for (int r = 0; r < kRows; ++r)
            factors[s][r] = hn::Set(d, job.x[s * job.in + i + r]);
    std::int64_t column = begin;
    for (; column + kStep <= end; column += kStep) {
        for (int r = 0; r < kRows; ++r)
            hwy::Prefetch(weight + r * job.weightStride + column + ahead);
        for (int r = 0; r < kRows && hasScales<Stored>; ++r) {
            const Vector scale = hn::Set(d, scales[r * job.scaleStride + column / kStep]);
            for (int s = 0; s < kStreams; ++s)
                factors[s][r] = hn::Mul(scale, hn::Set(d, job.x[s * job.in + i + r]));
        }
        for (std::int64_t k = column; k < column + kStep; k += lanes) {
            Vector y[kStreams];
            for (int s = 0; s < kStreams; ++s)
                y[s] = hn::LoadU(d, job.y + s * job.out + k);
            for (int r = 0; r < kRows; ++r) {
                const Vector w = widen(d, weight + r * job.weightStride + k);
                for (int s = 0; s < kStreams; ++s)
                    y[s] = hn::MulAdd(w, factors[s][r], y[s]);
            }
            for (int s = 0; s < kStreams; ++s)
                hn::StoreU(y[s], d, job.y + s * job.out + k);
        }
    }
    for (; column < end; ++column) {
        for (int s = 0; s < kStreams; ++s) {
            float sum = job.y[s * job.out + column];
            for (int r = 0; r < kRows; ++r) {
                const float scale
                    = hasScales<Stored> ? scales[r * job.scaleStride + column / kStep] : 1.0f;
                sum += job.x[s * job.in + i + r] * scale
                    * widenOne(weight[r * job.weightStride + column]);
            }
            job.y[s * job.out + column] = sum;
        }
    }
}

template <typename Stored, int kStreams> void addRange(const SkinnyJob& job, const SkinnyPart& part)
{
    constexpr int kRows
        = std::min(rowsThatFit(kRegisters - 2 - kStreams, kStreams), hasScales<Stored> ? 4 : 8);
    // The sums of all streams stay near; one stream reads whole rows, which lie in a row in memory.
    constexpr std::int64_t kColumns = 4096 / kStreams / 64 * 64;
    for (std::int64_t first = 0; first < job.out; first += kColumns) {
        const std::int64_t last = std::min(first + kColumns, job.out);
        for (int s = 0; s < kStreams; ++s) {
            float* y = job.y + s * job.out;
            if (job.bias && part.begin == 0)
                std::copy(job.bias + first, job.bias + last, y + first);
            else
                std::fill(y + first, y + last, 0.0f);
        }
        std::int64_t i = part.begin;
        for (; i + kRows <= part.end; i += kRows)
            addRows<Stored, kStreams, kRows>(job, i, first, last);
        for (; i < part.end; ++i)
            addRows<Stored, kStreams, 1>(job, i, first, last);
    }
}

template <typename Stored, bool kIsInOut, int kStreams = 1>
void runPart(const SkinnyJob& job, const SkinnyPart& part)
{
    if constexpr (kStreams < 8) {
        if (job.streams > kStreams)
            return runPart<Stored, kIsInOut, kStreams + 1>(job, part);
    }
    if constexpr (kIsInOut)
        addRange<Stored, kStreams>(job, part);
    else
        dotRange<Stored, kStreams>(job, part);
}

template <typename Stored>
void widenRow(
    const SkinnyJob& job, std::int64_t row, std::int64_t from, std::int64_t count, float* wide)
{
    constexpr std::int64_t kStep = kSkinnyStep<Stored>;
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const Stored* weight = static_cast<const Stored*>(job.weight) + row * job.weightStride;
    const auto scale = [&](std::int64_t at) {
        return hasScales<Stored> ? job.scales[row * job.scaleStride + at / kStep] : 1.0f;
    };
    std::int64_t i = from;
    const std::int64_t end = from + count;
    for (; i % kStep == 0 && i + kStep <= end; i += kStep) {
        for (std::int64_t k = i; k < i + kStep; k += lanes) {
            Vector w = widen(d, weight + k);
            if constexpr (hasScales<Stored>)
                w = hn::Mul(w, hn::Set(d, scale(i)));
            hn::StoreU(w, d, wide + (k - from));
        }
    }
    for (; i < end; ++i)
        wide[i - from] = widenOne(weight[i]) * scale(i);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
