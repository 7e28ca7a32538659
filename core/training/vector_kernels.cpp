#include "core/training/vector_kernels.h"

#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/training/vector_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Ints = hn::ScalableTag<std::int32_t>;

float dotRows(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::size_t n)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    auto sum0 = hn::Zero(d), sum1 = hn::Zero(d);
    std::size_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
        sum0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum0);
        sum1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), sum1);
    }
    float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
    for (; i < n; ++i)
        sum += a[i] * b[i];
    return sum;
}

void addScaledRow(
    float* HWY_RESTRICT to, float scale, const float* HWY_RESTRICT from, std::size_t n)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    const auto s = hn::Set(d, scale);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        hn::StoreU(hn::MulAdd(s, hn::LoadU(d, from + i), hn::LoadU(d, to + i)), d, to + i);
    for (; i < n; ++i)
        to[i] += scale * from[i];
}

void scaleOneRow(float* row, float scale, std::size_t n)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    const auto s = hn::Set(d, scale);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        hn::StoreU(hn::Mul(s, hn::LoadU(d, row + i)), d, row + i);
    for (; i < n; ++i)
        row[i] *= scale;
}

void adamUpdateRow(float* HWY_RESTRICT value, float* HWY_RESTRICT m, float* HWY_RESTRICT v,
    const float* HWY_RESTRICT gradient, std::size_t n, const AdamConstants& c)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    const auto beta1 = hn::Set(d, c.beta1), rest1 = hn::Set(d, 1.0f - c.beta1);
    const auto beta2 = hn::Set(d, c.beta2), rest2 = hn::Set(d, 1.0f - c.beta2);
    const auto clip = hn::Set(d, c.gradientScale), step = hn::Set(d, c.stepSize);
    const auto root = hn::Set(d, c.inverseRootCorrection), epsilon = hn::Set(d, c.epsilon);
    const auto decay = hn::Set(d, c.decay);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const auto g = hn::Mul(hn::LoadU(d, gradient + i), clip);
        const auto m1 = hn::MulAdd(beta1, hn::LoadU(d, m + i), hn::Mul(rest1, g));
        const auto v1 = hn::MulAdd(beta2, hn::LoadU(d, v + i), hn::Mul(rest2, hn::Mul(g, g)));
        hn::StoreU(m1, d, m + i);
        hn::StoreU(v1, d, v + i);
        const auto denominator = hn::MulAdd(hn::Sqrt(v1), root, epsilon);
        const auto change = hn::Div(hn::Mul(step, m1), denominator);
        hn::StoreU(hn::Sub(hn::Mul(decay, hn::LoadU(d, value + i)), change), d, value + i);
    }
    for (; i < n; ++i) {
        const float g = gradient[i] * c.gradientScale;
        m[i] = c.beta1 * m[i] + (1.0f - c.beta1) * g;
        v[i] = c.beta2 * v[i] + (1.0f - c.beta2) * g * g;
        const float denominator = std::sqrt(v[i]) * c.inverseRootCorrection + c.epsilon;
        value[i] = c.decay * value[i] - c.stepSize * m[i] / denominator;
    }
}

/// Numbers i, i + 1, .. of a row that a mask names, at the beginning of whole vectors: a store that
/// compresses by itself takes a hundred cycles on AMD's Zen 4.
template <typename Mask>
HWY_INLINE std::size_t storeMasked(hn::Vec<Floats> numbers, std::size_t i, Mask mask,
    std::int32_t* HWY_RESTRICT indices, float* HWY_RESTRICT values)
{
    const Floats d;
    const Ints di;
    const auto which = hn::Iota(di, static_cast<std::int32_t>(i));
    hn::StoreU(hn::Compress(numbers, mask), d, values);
    hn::StoreU(hn::Compress(which, hn::RebindMask(di, mask)), di, indices);
    return hn::CountTrue(d, mask);
}

std::size_t selectRow(const float* HWY_RESTRICT x, const float* HWY_RESTRICT bounds, int stride,
    std::size_t n, std::int32_t* HWY_RESTRICT indices, float* HWY_RESTRICT values)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t count = 0, i = 0;
    const auto same = hn::Set(d, bounds[0]);
    for (; i + lanes <= n; i += lanes) {
        const auto row = hn::LoadU(d, x + i);
        const auto above = hn::Gt(row, stride == 0 ? same : hn::LoadU(d, bounds + i));
        if (hn::AllFalse(d, above))
            continue;
        count += storeMasked(row, i, above, indices + count, values + count);
    }
    for (; i < n; ++i) {
        if (x[i] > bounds[stride == 0 ? 0 : i]) {
            indices[count] = static_cast<std::int32_t>(i);
            values[count++] = x[i];
        }
    }
    return count;
}

std::size_t selectRowBySize(const float* HWY_RESTRICT x, float bound, std::size_t n,
    std::int32_t* HWY_RESTRICT indices, float* HWY_RESTRICT values)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t count = 0, i = 0;
    const auto least = hn::Set(d, bound);
    for (; i + lanes <= n; i += lanes) {
        const auto row = hn::LoadU(d, x + i);
        const auto above = hn::Gt(hn::Abs(row), least);
        if (hn::AllFalse(d, above))
            continue;
        count += storeMasked(row, i, above, indices + count, values + count);
    }
    for (; i < n; ++i) {
        if (std::fabs(x[i]) > bound) {
            indices[count] = static_cast<std::int32_t>(i);
            values[count++] = x[i];
        }
    }
    return count;
}

std::size_t countFrom(const float* x, float bound, std::size_t n)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    const auto least = hn::Set(d, bound);
    std::size_t count = 0, i = 0;
    for (; i + lanes <= n; i += lanes)
        count += hn::CountTrue(d, hn::Ge(hn::Abs(hn::LoadU(d, x + i)), least));
    for (; i < n; ++i)
        count += std::fabs(x[i]) >= bound;
    return count;
}

/// Bits of floats that are not negative are in the order of the floats. So the k-th largest is
/// found by halving, and every step is a few vectors: faster than moving numbers about.
float kthBySize(const float* x, std::size_t n, std::size_t k)
{
    const auto number = [](std::int32_t bits) {
        float value = 0.0f;
        std::memcpy(&value, &bits, sizeof(value));
        return value;
    };
    std::int32_t enough = 0, tooFew = 0x7f800000; // 0 and infinity
    while (tooFew - enough > 1) {
        const std::int32_t middle = enough + (tooFew - enough) / 2;
        const std::size_t count = countFrom(x, number(middle), n);
        (count >= k ? enough : tooFew) = middle;
        if (count == k)
            break;
    }
    return number(enough);
}

std::size_t keepRow(
    std::int32_t* HWY_RESTRICT indices, float* HWY_RESTRICT values, std::size_t n, std::size_t k)
{
    if (n <= k)
        return n;
    const float bound = kthBySize(values, n, k);
    const std::size_t above = countFrom(values, bound, n);
    // More than k only where several are equal at the edge: the first of those stay.
    std::size_t equalToDrop = above > k ? above - k : 0, kept = 0;
    std::size_t equal = 0;
    for (std::size_t i = 0; equalToDrop > 0 && i < n; ++i)
        equal += std::fabs(values[i]) == bound;
    std::size_t room = equal - equalToDrop;
    for (std::size_t i = 0; i < n; ++i) {
        const float size = std::fabs(values[i]);
        bool stays = size >= bound;
        if (equalToDrop > 0 && size == bound) {
            stays = room > 0;
            room -= stays;
        }
        indices[kept] = indices[i];
        values[kept] = values[i];
        kept += stays;
    }
    return kept;
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(dotRows);
HWY_EXPORT(addScaledRow);
HWY_EXPORT(scaleOneRow);
HWY_EXPORT(adamUpdateRow);
HWY_EXPORT(selectRow);
HWY_EXPORT(selectRowBySize);
HWY_EXPORT(keepRow);

float dot(const float* a, const float* b, std::size_t n)
{
    return HWY_DYNAMIC_DISPATCH(dotRows)(a, b, n);
}

void addScaled(float* to, float scale, const float* from, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(addScaledRow)(to, scale, from, n);
}

void scaleRow(float* row, float scale, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(scaleOneRow)(row, scale, n);
}

void adamUpdate(
    float* value, float* m, float* v, const float* gradient, std::size_t n, const AdamConstants& c)
{
    HWY_DYNAMIC_DISPATCH(adamUpdateRow)(value, m, v, gradient, n, c);
}

std::size_t selectAbove(const float* x, const float* bounds, int stride, std::size_t n,
    std::int32_t* indices, float* values)
{
    return HWY_DYNAMIC_DISPATCH(selectRow)(x, bounds, stride, n, indices, values);
}

std::size_t selectBySize(
    const float* x, float bound, std::size_t n, std::int32_t* indices, float* values)
{
    return HWY_DYNAMIC_DISPATCH(selectRowBySize)(x, bound, n, indices, values);
}

std::size_t keepLargest(std::int32_t* indices, float* values, std::size_t n, std::size_t k)
{
    return HWY_DYNAMIC_DISPATCH(keepRow)(indices, values, n, k);
}

} // namespace core
#endif
