// What the machine can do: plain reading and multiply-adds, with the widest vectors it has. No
// include guard: Highway includes it once for each instruction set. Include it from one file of a
// program.
#include <cstddef>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/bench/machine_peak.h"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Reads `count` numbers in order, asking for what comes in time.
float readNumbers(const float* data, std::int64_t count)
{
    const hn::ScalableTag<float> d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    constexpr std::int64_t kAhead = 2048;
    auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
    for (std::int64_t i = 0; i + 4 * lanes <= count; i += 4 * lanes) {
        for (std::int64_t line = 0; line < 4 * lanes; line += 16)
            hwy::Prefetch(data + i + line + kAhead);
        s0 = hn::Add(s0, hn::LoadU(d, data + i));
        s1 = hn::Add(s1, hn::LoadU(d, data + i + lanes));
        s2 = hn::Add(s2, hn::LoadU(d, data + i + 2 * lanes));
        s3 = hn::Add(s3, hn::LoadU(d, data + i + 3 * lanes));
    }
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

/// `rounds` of independent multiply-adds in registers; returns how many of two operations were
/// done.
std::int64_t multiplyAdd(std::int64_t rounds, float* result)
{
    const hn::ScalableTag<float> d;
    const auto factor = hn::Set(d, 0.999f), addend = hn::Set(d, 0.001f);
    // Each starts elsewhere: equal chains would be compiled into one.
    const auto start
        = [&](int chain) { return hn::Set(d, 0.1f + 0.01f * static_cast<float>(chain)); };
    auto a = start(0), b = start(1), c = start(2), e = start(3), f = start(4), g = start(5),
         h = start(6), k = start(7), l = start(8), m = start(9), n = start(10), o = start(11);
    for (std::int64_t i = 0; i < rounds; ++i) {
        a = hn::MulAdd(a, factor, addend);
        b = hn::MulAdd(b, factor, addend);
        c = hn::MulAdd(c, factor, addend);
        e = hn::MulAdd(e, factor, addend);
        f = hn::MulAdd(f, factor, addend);
        g = hn::MulAdd(g, factor, addend);
        h = hn::MulAdd(h, factor, addend);
        k = hn::MulAdd(k, factor, addend);
        l = hn::MulAdd(l, factor, addend);
        m = hn::MulAdd(m, factor, addend);
        n = hn::MulAdd(n, factor, addend);
        o = hn::MulAdd(o, factor, addend);
    }
    const auto sum = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)),
        hn::Add(hn::Add(hn::Add(f, g), hn::Add(h, k)), hn::Add(hn::Add(l, m), hn::Add(n, o))));
    *result = hn::GetLane(hn::SumOfLanes(d, sum));
    return rounds * 12 * static_cast<std::int64_t>(hn::Lanes(d));
}

} // namespace bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bench {

HWY_EXPORT(readNumbers);
HWY_EXPORT(multiplyAdd);

inline float readNumbers(const float* data, std::int64_t count)
{
    return HWY_DYNAMIC_DISPATCH(readNumbers)(data, count);
}
inline std::int64_t multiplyAdd(std::int64_t rounds, float* result)
{
    return HWY_DYNAMIC_DISPATCH(multiplyAdd)(rounds, result);
}

} // namespace bench
#endif
