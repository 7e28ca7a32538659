#include "core/model/skinny_matmul.h"

#include "core/model/worker_pool.h"

#include <algorithm>

#include <omp.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

// Baseline, AVX2 and AVX-512 on x86; vectors without a compile-time size cannot be kept in arrays.
#define HWY_DISABLED_TARGETS \
    (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_matmul.cpp"
#include <hwy/foreach_target.h>
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#ifndef FEATURESCOPE_SKINNY_JOB
#define FEATURESCOPE_SKINNY_JOB
namespace core {

struct SkinnyJob {
    const float* x = nullptr; // [streams, in]
    const float* weight = nullptr;
    std::int64_t weightStride = 0; // Between stored rows.
    const float* bias = nullptr; // [out] or null.
    float* y = nullptr; // [streams, out]
    std::int64_t in = 0, out = 0;
    int streams = 1;
};

} // namespace core
#endif

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

/// How many weight rows go through the inner loop together: as many as leave all sums in registers. More rows are more
/// streams for the memory to serve at once.
constexpr int rowsTogether(int streams)
{
    const int fit = (kRegisters - 2 - streams) / streams;
    return fit >= 8 ? 8 : fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
}

/// y[s, row .. row + kRows) for weights [out, in].
template <int kStreams, int kRows>
void dotRows(const SkinnyJob& job, std::int64_t row)
{
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const float* weight = job.weight + row * job.weightStride;
    Vector sums[kRows][kStreams];
    for (auto& perRow : sums)
        for (Vector& sum : perRow)
            sum = hn::Zero(d);
    std::int64_t i = 0;
    for (; i + lanes <= job.in; i += lanes) {
        Vector x[kStreams];
        for (int s = 0; s < kStreams; ++s)
            x[s] = hn::LoadU(d, job.x + s * job.in + i);
        for (int r = 0; r < kRows; ++r) {
            const float* at = weight + r * job.weightStride + i;
            hwy::Prefetch(at + kRows * job.weightStride);
            const Vector w = hn::LoadU(d, at);
            for (int s = 0; s < kStreams; ++s)
                sums[r][s] = hn::MulAdd(w, x[s], sums[r][s]);
        }
    }
    for (int r = 0; r < kRows; ++r) {
        for (int s = 0; s < kStreams; ++s) {
            float sum = hn::GetLane(hn::SumOfLanes(d, sums[r][s]));
            for (std::int64_t rest = i; rest < job.in; ++rest)
                sum += weight[r * job.weightStride + rest] * job.x[s * job.in + rest];
            job.y[s * job.out + row + r] = sum + (job.bias ? job.bias[row + r] : 0.0f);
        }
    }
}

template <int kStreams>
void dotRange(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    constexpr int kRows = rowsTogether(kStreams);
    std::int64_t row = begin;
    for (; row + kRows <= end; row += kRows)
        dotRows<kStreams, kRows>(job, row);
    for (; row < end; ++row)
        dotRows<kStreams, 1>(job, row);
}

/// y[s, begin .. end) += x[s, i .. i + kRows) W[i .. i + kRows, begin .. end) for weights [in, out].
template <int kStreams, int kRows>
void addRows(const SkinnyJob& job, std::int64_t i, std::int64_t begin, std::int64_t end)
{
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const float* weight = job.weight + i * job.weightStride;
    const float* ahead = weight + std::min<std::int64_t>(kRows, job.in - kRows - i) * job.weightStride;
    Vector x[kStreams][kRows];
    for (int s = 0; s < kStreams; ++s)
        for (int r = 0; r < kRows; ++r)
            x[s][r] = hn::Set(d, job.x[s * job.in + i + r]);
    std::int64_t column = begin;
    for (; column + lanes <= end; column += lanes) {
        Vector y[kStreams];
        for (int s = 0; s < kStreams; ++s)
            y[s] = hn::LoadU(d, job.y + s * job.out + column);
        for (int r = 0; r < kRows; ++r) {
            hwy::Prefetch(ahead + r * job.weightStride + column);
            const Vector w = hn::LoadU(d, weight + r * job.weightStride + column);
            for (int s = 0; s < kStreams; ++s)
                y[s] = hn::MulAdd(w, x[s][r], y[s]);
        }
        for (int s = 0; s < kStreams; ++s)
            hn::StoreU(y[s], d, job.y + s * job.out + column);
    }
    for (; column < end; ++column) {
        for (int s = 0; s < kStreams; ++s) {
            float sum = job.y[s * job.out + column];
            for (int r = 0; r < kRows; ++r)
                sum += job.x[s * job.in + i + r] * weight[r * job.weightStride + column];
            job.y[s * job.out + column] = sum;
        }
    }
}

template <int kStreams>
void addRange(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    constexpr int kRows = rowsTogether(kStreams);
    // So many sums of every stream stay in the first-level cache.
    constexpr std::int64_t kColumns = 1024;
    for (std::int64_t first = begin; first < end; first += kColumns) {
        const std::int64_t last = std::min(first + kColumns, end);
        for (int s = 0; s < kStreams; ++s) {
            float* y = job.y + s * job.out;
            if (job.bias)
                std::copy(job.bias + first, job.bias + last, y + first);
            else
                std::fill(y + first, y + last, 0.0f);
        }
        std::int64_t i = 0;
        for (; i + kRows <= job.in; i += kRows)
            addRows<kStreams, kRows>(job, i, first, last);
        for (; i < job.in; ++i)
            addRows<kStreams, 1>(job, i, first, last);
    }
}

template <bool kIsInOut, int kStreams>
void run(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    if constexpr (kIsInOut)
        addRange<kStreams>(job, begin, end);
    else
        dotRange<kStreams>(job, begin, end);
}

template <bool kIsInOut>
void runStreams(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    switch (job.streams) {
    case 1: return run<kIsInOut, 1>(job, begin, end);
    case 2: return run<kIsInOut, 2>(job, begin, end);
    case 3: return run<kIsInOut, 3>(job, begin, end);
    case 4: return run<kIsInOut, 4>(job, begin, end);
    case 5: return run<kIsInOut, 5>(job, begin, end);
    case 6: return run<kIsInOut, 6>(job, begin, end);
    case 7: return run<kIsInOut, 7>(job, begin, end);
    default: return run<kIsInOut, 8>(job, begin, end);
    }
}

void skinnyOutIn(const SkinnyJob& job, std::int64_t begin, std::int64_t end) { runStreams<false>(job, begin, end); }
void skinnyInOut(const SkinnyJob& job, std::int64_t begin, std::int64_t end) { runStreams<true>(job, begin, end); }

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(skinnyOutIn);
HWY_EXPORT(skinnyInOut);

namespace {

/// Fewer weights than this are done before another thread is awake.
constexpr std::int64_t kWorthThreads = 1 << 16;

/// Small enough that threads finish together, large enough that claiming one costs nothing beside it. Sums do not depend
/// on where chunks end, so results do not depend on the number of threads.
std::int64_t columnsPerChunk(const SkinnyJob& job, bool isInOut, std::int64_t threads)
{
    constexpr std::int64_t kBlock = 16; // A cache line of y.
    constexpr std::int64_t kWeights = 1 << 16;
    // Of [in, out] a chunk reads a piece of every row: the longer the pieces, the better for the memory.
    const std::int64_t columns = isInOut ? std::max<std::int64_t>(job.out / (2 * threads), 4 * kBlock) : kWeights / job.in;
    return std::max<std::int64_t>((columns + kBlock - 1) / kBlock, 1) * kBlock;
}

thread_local int t_threads = 0; // Of skinny products in a DecodeScope.

} // namespace

DecodeScope::DecodeScope(bool isDecoding)
{
    if (!isDecoding || t_threads != 0 || omp_in_parallel())
        return;
    m_threads = t_threads = at::get_num_threads();
    omp_set_num_threads(1); // This thread's own setting; torch asks for it before each operation.
}

DecodeScope::~DecodeScope()
{
    if (m_threads == 0)
        return;
    omp_set_num_threads(m_threads);
    t_threads = 0;
}

bool isSkinny(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    const auto fits = [](const at::Tensor& t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat; };
    if (x.size(0) > kMaxSkinnyRows || x.size(0) < 1 || !fits(x) || !fits(weight) || weight.stride(1) != 1)
        return false;
    if (bias.defined() && (!fits(bias) || !bias.is_contiguous()))
        return false;
    const bool needsGradient = x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad());
    return !(needsGradient && at::GradMode::is_enabled());
}

at::Tensor skinnyMatmul(const at::Tensor& x, const at::Tensor& weight, bool isInOut, const at::Tensor& bias)
{
    const at::Tensor rows = x.contiguous();
    SkinnyJob job;
    job.in = rows.size(1);
    job.out = weight.size(isInOut ? 1 : 0);
    TORCH_CHECK(weight.size(isInOut ? 0 : 1) == job.in, "skinnyMatmul: x is ", x.sizes(), ", weight ", weight.sizes());
    job.streams = static_cast<int>(rows.size(0));
    at::Tensor out = at::empty({job.streams, job.out}, rows.options());
    job.x = rows.data_ptr<float>();
    job.weight = weight.data_ptr<float>();
    job.weightStride = weight.stride(0);
    job.bias = bias.defined() ? bias.data_ptr<float>() : nullptr;
    job.y = out.data_ptr<float>();

    const int threads = t_threads > 0 ? t_threads : at::get_num_threads();
    const std::int64_t perChunk = columnsPerChunk(job, isInOut, threads);
    const bool isTiny = job.in * job.out < kWorthThreads;
    const std::int64_t chunks = isTiny ? 1 : (job.out + perChunk - 1) / perChunk;
    const auto work = [&](std::int64_t chunk) {
        const std::int64_t begin = isTiny ? 0 : chunk * perChunk;
        const std::int64_t end = isTiny ? job.out : std::min(begin + perChunk, job.out);
        if (isInOut)
            HWY_DYNAMIC_DISPATCH(skinnyInOut)(job, begin, end);
        else
            HWY_DYNAMIC_DISPATCH(skinnyOutIn)(job, begin, end);
    };
    WorkerPool::shared().run(chunks, threads, work);
    return out;
}

} // namespace core
#endif
