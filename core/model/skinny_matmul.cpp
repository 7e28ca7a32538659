#include "core/model/skinny_matmul.h"

#include "core/model/worker_pool.h"

#include <algorithm>

#include <omp.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

// Baseline, AVX2 and AVX-512 on x86; vectors without a compile-time size cannot be kept in arrays.
#define HWY_DISABLED_TARGETS                                                                       \
    (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_matmul.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
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

/// How many weight rows go through the inner loop together: as many as leave all sums in registers.
/// More rows are more streams for the memory to serve at once.
constexpr int rowsTogether(int streams)
{
    const int fit = (kRegisters - 2 - streams) / streams;
    return fit >= 8 ? 8 : fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
}

/// y[s, row .. row + kRows) for weights [out, in].
template <int kStreams, int kRows> void dotRows(const SkinnyJob& job, std::int64_t row)
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

template <int kStreams> void dotRange(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    constexpr int kRows = rowsTogether(kStreams);
    std::int64_t row = begin;
    for (; row + kRows <= end; row += kRows)
        dotRows<kStreams, kRows>(job, row);
    for (; row < end; ++row)
        dotRows<kStreams, 1>(job, row);
}

/// y[s, begin .. end) += x[s, i .. i + kRows) W[i .. i + kRows, begin .. end) for weights [in,
/// out]. The processor fetches such long pieces ahead by itself.
template <int kStreams, int kRows>
void addRows(const SkinnyJob& job, std::int64_t i, std::int64_t begin, std::int64_t end)
{
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const float* weight = job.weight + i * job.weightStride;
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

/// The part of y that input rows [begin, end) give, and the bias with the first.
template <int kStreams> void addRange(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    constexpr int kRows = rowsTogether(kStreams);
    // The sums of all streams stay near; one stream reads whole rows, which lie in a row in memory.
    constexpr std::int64_t kColumns = 4096 / kStreams / 16 * 16;
    for (std::int64_t first = 0; first < job.out; first += kColumns) {
        const std::int64_t last = std::min(first + kColumns, job.out);
        for (int s = 0; s < kStreams; ++s) {
            float* y = job.y + s * job.out;
            if (job.bias && begin == 0)
                std::copy(job.bias + first, job.bias + last, y + first);
            else
                std::fill(y + first, y + last, 0.0f);
        }
        std::int64_t i = begin;
        for (; i + kRows <= end; i += kRows)
            addRows<kStreams, kRows>(job, i, first, last);
        for (; i < end; ++i)
            addRows<kStreams, 1>(job, i, first, last);
    }
}

/// Output rows [begin, end) of weights [out, in], or the part of input rows [begin, end) of weights
/// [in, out].
template <bool kIsInOut, int kStreams>
void run(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    if constexpr (kIsInOut)
        addRange<kStreams>(job, begin, end);
    else
        dotRange<kStreams>(job, begin, end);
}

template <bool kIsInOut> void runStreams(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    switch (job.streams) {
    case 1:
        return run<kIsInOut, 1>(job, begin, end);
    case 2:
        return run<kIsInOut, 2>(job, begin, end);
    case 3:
        return run<kIsInOut, 3>(job, begin, end);
    case 4:
        return run<kIsInOut, 4>(job, begin, end);
    case 5:
        return run<kIsInOut, 5>(job, begin, end);
    case 6:
        return run<kIsInOut, 6>(job, begin, end);
    case 7:
        return run<kIsInOut, 7>(job, begin, end);
    default:
        return run<kIsInOut, 8>(job, begin, end);
    }
}

void skinnyOutIn(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    runStreams<false>(job, begin, end);
}
void skinnyInOut(const SkinnyJob& job, std::int64_t begin, std::int64_t end)
{
    runStreams<true>(job, begin, end);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(skinnyOutIn);
HWY_EXPORT(skinnyInOut);

namespace {

/// Fewer weights than this are done before another thread is awake.
constexpr std::int64_t kWorthThreads = 1 << 16;

/// Pieces of the stored matrix that threads take: small enough that they finish together, large
/// enough that claiming one costs nothing beside it. They depend on the shape alone, so results do
/// not depend on the number of threads.
std::int64_t rowsPerChunk(const SkinnyJob& job, bool isInOut)
{
    constexpr std::int64_t kTogether = 16;
    constexpr std::int64_t kWeights = 1 << 16;
    constexpr std::int64_t kMostParts
        = 16; // Of [in, out]: each part's sums are kept and added in the end.
    const std::int64_t stored = isInOut ? job.in : job.out;
    const std::int64_t width = isInOut ? job.out : job.in;
    if (stored * width < kWorthThreads)
        return std::max<std::int64_t>(stored, 1);
    const std::int64_t least = isInOut
        ? std::max(2 * kWeights / width, (stored + kMostParts - 1) / kMostParts)
        : kWeights / width;
    return std::max<std::int64_t>((least + kTogether - 1) / kTogether, 1) * kTogether;
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

namespace {

void runRange(const SkinnyJob& job, bool isInOut, std::int64_t begin, std::int64_t end)
{
    if (isInOut)
        HWY_DYNAMIC_DISPATCH(skinnyInOut)(job, begin, end);
    else
        HWY_DYNAMIC_DISPATCH(skinnyOutIn)(job, begin, end);
}

int threadCount()
{
    return t_threads > 0 ? t_threads : at::get_num_threads();
}

bool isPlainFloat(const at::Tensor& t)
{
    return t.device().is_cpu() && t.scalar_type() == at::kFloat;
}

bool wantsGradient(const at::Tensor& t)
{
    return at::GradMode::is_enabled() && t.defined() && t.requires_grad();
}

} // namespace

bool isSkinny(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    if (x.size(0) > kMaxSkinnyRows || x.size(0) < 1 || !isPlainFloat(x) || !isPlainFloat(weight)
        || weight.stride(1) != 1)
        return false;
    if (bias.defined() && (!isPlainFloat(bias) || !bias.is_contiguous()))
        return false;
    return !wantsGradient(x) && !wantsGradient(weight) && !wantsGradient(bias);
}

at::Tensor skinnyMatmul(
    const at::Tensor& x, const at::Tensor& weight, bool isInOut, const at::Tensor& bias)
{
    const at::Tensor rows = x.contiguous();
    SkinnyJob job;
    job.in = rows.size(1);
    job.out = weight.size(isInOut ? 1 : 0);
    TORCH_CHECK(weight.size(isInOut ? 0 : 1) == job.in, "skinnyMatmul: x is ", x.sizes(),
        ", weight ", weight.sizes());
    job.streams = static_cast<int>(rows.size(0));
    at::Tensor out = at::empty({job.streams, job.out}, rows.options());
    job.x = rows.data_ptr<float>();
    job.weight = weight.data_ptr<float>();
    job.weightStride = weight.stride(0);
    job.bias = bias.defined() ? bias.data_ptr<float>() : nullptr;
    job.y = out.data_ptr<float>();

    const std::int64_t perChunk = rowsPerChunk(job, isInOut);
    const std::int64_t stored = isInOut ? job.in : job.out;
    const std::int64_t chunks = std::max<std::int64_t>((stored + perChunk - 1) / perChunk, 1);
    const std::int64_t size = job.streams * job.out;
    const at::Tensor parts
        = isInOut && chunks > 1 ? at::empty({chunks - 1, size}, rows.options()) : at::Tensor();
    float* const sums = parts.defined() ? parts.data_ptr<float>() : nullptr;
    WorkerPool::shared().run(chunks, threadCount(), [&](std::int64_t chunk) {
        SkinnyJob part = job;
        if (isInOut && chunk > 0)
            part.y = sums + (chunk - 1) * size;
        runRange(part, isInOut, chunk * perChunk, std::min((chunk + 1) * perChunk, stored));
    });
    if (sums) {
        for (std::int64_t chunk = 0; chunk + 1 < chunks; ++chunk)
            for (std::int64_t i = 0; i < size; ++i)
                job.y[i] += sums[chunk * size + i];
    }
    return out;
}

bool isSkinnyBatch(const at::Tensor& x, const at::Tensor& weight)
{
    return x.size(1) <= kMaxSkinnyRows && x.size(1) > 0 && isPlainFloat(x) && isPlainFloat(weight)
        && weight.stride(2) == 1 && !wantsGradient(x) && !wantsGradient(weight);
}

at::Tensor skinnyBatch(const at::Tensor& x, const at::Tensor& weight, bool isInOut)
{
    const at::Tensor rows = x.contiguous();
    const std::int64_t count = rows.size(0);
    SkinnyJob shape;
    shape.in = rows.size(2);
    shape.out = weight.size(isInOut ? 2 : 1);
    TORCH_CHECK(weight.size(0) == count && weight.size(isInOut ? 1 : 2) == shape.in,
        "skinnyBatch: x is ", x.sizes(), ", weight ", weight.sizes());
    shape.streams = static_cast<int>(rows.size(1));
    shape.weightStride = weight.stride(1);
    at::Tensor out = at::empty({count, shape.streams, shape.out}, rows.options());
    const float* from = rows.data_ptr<float>();
    const float* matrices = weight.data_ptr<float>();
    float* to = out.data_ptr<float>();
    const std::int64_t matrixStride = weight.stride(0);
    const auto one = [&](std::int64_t index) {
        SkinnyJob job = shape;
        job.x = from + index * job.streams * job.in;
        job.weight = matrices + index * matrixStride;
        job.y = to + index * job.streams * job.out;
        runRange(job, isInOut, 0, isInOut ? job.in : job.out);
    };
    const bool isTiny = count * shape.in * shape.out < kWorthThreads;
    WorkerPool::shared().run(count, isTiny ? 1 : threadCount(), one);
    return out;
}

} // namespace core
#endif
