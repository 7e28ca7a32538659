#include "core/model/blocked_attention.h"

#include "core/model/linear.h"
#include "core/model/skinny_job.h"
#include "core/model/skinny_matmul.h"
#include "core/model/skinny_targets.h"
#include "core/model/thread_choice.h"
#include "core/model/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/blocked_attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#ifndef FEATURESCOPE_ATTENTION_BLOCK
#define FEATURESCOPE_ATTENTION_BLOCK
namespace core {

/// Queries of one block, side by side in every row of its matrices. Keys go by in blocks whose
/// scores fit into the cache.
inline constexpr std::int64_t kQueries = 64;
inline constexpr std::int64_t kKeys = 256;

/// One block of queries of one head.
struct AttentionBlock {
    const float* q = nullptr; // First query.
    const float* k = nullptr; // First key and value of all.
    const float* v = nullptr;
    float* z = nullptr;
    std::int64_t qStride = 0, kStride = 0, vStride = 0, zStride = 0; // Between positions.
    std::int64_t count = 0; // Queries, at most kQueries.
    std::int64_t position = 0; // Of the first query among the keys.
    std::int64_t d_head = 0;
    std::int64_t window = 0;
    float scale = 1.0f, softcap = 0.0f;
};

/// What a thread needs for its blocks; all but `tops` and `totals` are matrices of kQueries
/// columns.
struct AttentionScratch {
    explicit AttentionScratch(std::int64_t d_head)
        : queries(static_cast<std::size_t>(d_head * kQueries))
        , scores(static_cast<std::size_t>(kKeys * kQueries))
        , sums(static_cast<std::size_t>(d_head * kQueries))
        , tops(kQueries)
        , totals(kQueries)
    {
    }
    std::vector<float> queries; // [d_head, kQueries]
    std::vector<float> scores; // [keys, kQueries]
    std::vector<float> sums; // [d_head, kQueries], of values times weights
    std::vector<float> tops, totals; // The largest score so far and the sum of weights below it.
};

} // namespace core
#endif

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, kQueries>;
using Vector = hn::Vec<Tag>;

#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kTall = 8;
#else
inline constexpr int kTall = 4;
#endif
inline constexpr int kWide = 2; // Vectors of queries that go through the inner loop together.

/// Hidden scores: their weight beside any that is seen is exactly 0, without infinities that could
/// meet each other.
inline constexpr float kHidden = -1e30f;

/// c[r, queries] (+)= sum over i of a[r * rowStride + i * depthStride] b[i, queries], for kRows
/// rows and kWide vectors of queries.
template <int kRows>
void tile(const float* a, std::int64_t rowStride, std::int64_t depthStride, std::int64_t depth,
    const float* b, float* c, bool isAdded)
{
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    Vector sums[kRows][kWide];
    for (int r = 0; r < kRows; ++r)
        for (int w = 0; w < kWide; ++w)
            sums[r][w] = isAdded ? hn::LoadU(d, c + r * kQueries + w * lanes) : hn::Zero(d);
    for (std::int64_t i = 0; i < depth; ++i) {
        Vector row[kWide];
        for (int w = 0; w < kWide; ++w)
            row[w] = hn::LoadU(d, b + i * kQueries + w * lanes);
        for (int r = 0; r < kRows; ++r) {
            const Vector factor = hn::Set(d, a[r * rowStride + i * depthStride]);
            for (int w = 0; w < kWide; ++w)
                sums[r][w] = hn::MulAdd(factor, row[w], sums[r][w]);
        }
    }
    for (int r = 0; r < kRows; ++r)
        for (int w = 0; w < kWide; ++w)
            hn::StoreU(sums[r][w], d, c + r * kQueries + w * lanes);
}

/// The same for any number of rows, and the first `columns` queries rounded up to whole tiles.
inline void product(const float* a, std::int64_t rowStride, std::int64_t depthStride,
    std::int64_t rows, std::int64_t depth, const float* b, float* c, std::int64_t columns,
    bool isAdded)
{
    const auto width = kWide * static_cast<std::int64_t>(hn::Lanes(Tag()));
    std::int64_t row = 0;
    const auto acrossQueries = [&](auto one) {
        for (std::int64_t column = 0; column < columns; column += width)
            one(a + row * rowStride, rowStride, depthStride, depth, b + column,
                c + row * kQueries + column, isAdded);
    };
    for (; row + kTall <= rows; row += kTall)
        acrossQueries(tile<kTall>);
    for (; row < rows; ++row)
        acrossQueries(tile<1>);
}

/// Scores of `keys` keys from `first` on become weights; sums and totals so far are brought to the
/// new largest scores.
inline void weigh(
    const AttentionBlock& block, AttentionScratch& scratch, std::int64_t first, std::int64_t keys)
{
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t last = first + keys - 1;
    const bool isBeyond = last > block.position;
    const bool isBehind
        = block.window > 0 && first <= block.position + block.count - 1 - block.window;
    for (std::int64_t column = 0; column < block.count; column += lanes) {
        float* const scores = scratch.scores.data() + column;
        const Vector positions = hn::Add(hn::Iota(d, static_cast<float>(column)),
            hn::Set(d, static_cast<float>(block.position)));
        const Vector hidden = hn::Set(d, kHidden);
        const Vector before = hn::LoadU(d, scratch.tops.data() + column);
        Vector top = before;
        for (std::int64_t j = 0; j < keys; ++j) {
            Vector score = hn::LoadU(d, scores + j * kQueries);
            if (block.softcap > 0.0f)
                score = hn::Mul(hn::Set(d, block.softcap),
                    hn::Tanh(d, hn::Mul(score, hn::Set(d, 1.0f / block.softcap))));
            const Vector key = hn::Set(d, static_cast<float>(first + j));
            if (isBeyond)
                score = hn::IfThenElse(hn::Gt(key, positions), hidden, score);
            if (isBehind)
                score = hn::IfThenElse(
                    hn::Le(key, hn::Sub(positions, hn::Set(d, static_cast<float>(block.window)))),
                    hidden, score);
            hn::StoreU(score, d, scores + j * kQueries);
            top = hn::Max(top, score);
        }
        const Vector shrink = hn::Exp(d, hn::Sub(before, top));
        Vector total = hn::Mul(hn::LoadU(d, scratch.totals.data() + column), shrink);
        for (std::int64_t j = 0; j < keys; ++j) {
            const Vector weight = hn::Exp(d, hn::Sub(hn::LoadU(d, scores + j * kQueries), top));
            hn::StoreU(weight, d, scores + j * kQueries);
            total = hn::Add(total, weight);
        }
        hn::StoreU(top, d, scratch.tops.data() + column);
        hn::StoreU(total, d, scratch.totals.data() + column);
        for (std::int64_t i = 0; i < block.d_head; ++i) {
            float* const sum = scratch.sums.data() + i * kQueries + column;
            hn::StoreU(hn::Mul(hn::LoadU(d, sum), shrink), d, sum);
        }
    }
}

void attend(const AttentionBlock& block, AttentionScratch& scratch)
{
    std::fill(scratch.queries.begin(), scratch.queries.end(), 0.0f);
    for (std::int64_t t = 0; t < block.count; ++t)
        for (std::int64_t i = 0; i < block.d_head; ++i)
            scratch.queries[static_cast<std::size_t>(i * kQueries + t)]
                = block.q[t * block.qStride + i] * block.scale;
    std::fill(scratch.sums.begin(), scratch.sums.end(), 0.0f);
    std::fill(scratch.tops.begin(), scratch.tops.end(), kHidden);
    std::fill(scratch.totals.begin(), scratch.totals.end(), 0.0f);

    const std::int64_t end = block.position + block.count;
    const std::int64_t begin
        = block.window > 0 ? std::max<std::int64_t>(block.position - block.window + 1, 0) : 0;
    for (std::int64_t first = begin; first < end; first += kKeys) {
        const std::int64_t keys = std::min(kKeys, end - first);
        product(block.k + first * block.kStride, block.kStride, 1, keys, block.d_head,
            scratch.queries.data(), scratch.scores.data(), block.count, false);
        weigh(block, scratch, first, keys);
        product(block.v + first * block.vStride, 1, block.vStride, block.d_head, keys,
            scratch.scores.data(), scratch.sums.data(), block.count, true);
    }
    for (std::int64_t t = 0; t < block.count; ++t) {
        const float share = 1.0f / scratch.totals[static_cast<std::size_t>(t)];
        for (std::int64_t i = 0; i < block.d_head; ++i)
            block.z[t * block.zStride + i]
                = scratch.sums[static_cast<std::size_t>(i * kQueries + t)] * share;
    }
}

/// Scores become weights that sum to one.
void softmaxRow(float* scores, std::int64_t count, float softcap)
{
    const Tag d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    float top = kHidden;
    for (std::int64_t i = 0; i < count; ++i) {
        if (softcap > 0.0f)
            scores[i] = softcap * std::tanh(scores[i] / softcap);
        top = std::max(top, scores[i]);
    }
    const Vector tops = hn::Set(d, top);
    Vector totals = hn::Zero(d);
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const Vector weight = hn::Exp(d, hn::Sub(hn::LoadU(d, scores + i), tops));
        totals = hn::Add(totals, weight);
        hn::StoreU(weight, d, scores + i);
    }
    float total = hn::GetLane(hn::SumOfLanes(d, totals));
    for (; i < count; ++i)
        total += scores[i] = std::exp(scores[i] - top);
    const float share = 1.0f / total;
    for (i = 0; i < count; ++i)
        scores[i] *= share;
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(attend);
HWY_EXPORT(softmaxRow);

namespace {

bool isPlain(const at::Tensor& t)
{
    const bool wantsGradient = at::GradMode::is_enabled() && t.requires_grad();
    return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.stride(3) == 1
        && !wantsGradient;
}

/// For a decoding step: few queries of one key head, as rows of products with all of its keys.
class FewQueries {
public:
    FewQueries(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::Tensor& z)
        : m_q(q)
        , m_k(k)
        , m_v(v)
        , m_z(z)
        , m_groups(q.size(2) / k.size(1))
        , m_rows(m_groups * q.size(1))
    {
    }

    void attend(
        std::int64_t b, std::int64_t h_kv, double scale, double softcap, std::int64_t window) const
    {
        const std::int64_t T = m_q.size(1), d_head = m_q.size(3), T_all = m_k.size(2);
        const std::int64_t first
            = window > 0 ? std::max<std::int64_t>(T_all - T - window + 1, 0) : 0;
        const std::int64_t keys = T_all - first;
        std::vector<float> buffer(
            static_cast<std::size_t>(m_rows * (2 * d_head + keys))); // queries, sums, scores
        float* const queries = buffer.data();
        float* const sums = queries + m_rows * d_head;
        float* const scores = sums + m_rows * d_head;
        for (std::int64_t row = 0; row < m_rows; ++row)
            for (std::int64_t i = 0; i < d_head; ++i)
                queries[row * d_head + i] = at(m_q, b, row, h_kv)[i] * static_cast<float>(scale);
        product(m_k, b, h_kv, first, queries, scores, false);
        for (std::int64_t row = 0; row < m_rows; ++row) {
            // Query t sees keys up to its own, and the window behind it.
            const std::int64_t end = keys - T + 1 + row % T;
            const std::int64_t begin = window > 0 ? std::max<std::int64_t>(end - window, 0) : 0;
            float* const own = scores + row * keys;
            HWY_DYNAMIC_DISPATCH(softmaxRow)(own + begin, end - begin, static_cast<float>(softcap));
            std::fill(own, own + begin, 0.0f);
            std::fill(own + end, own + keys, 0.0f);
        }
        product(m_v, b, h_kv, first, scores, sums, true);
        for (std::int64_t row = 0; row < m_rows; ++row)
            std::copy_n(sums + row * d_head, d_head, const_cast<float*>(at(m_z, b, row, h_kv)));
    }

private:
    /// Row g T + t is position t of the g-th query head of the key head.
    const float* at(const at::Tensor& t, std::int64_t b, std::int64_t row, std::int64_t h_kv) const
    {
        const std::int64_t T = m_q.size(1);
        return t.data_ptr<float>() + b * t.stride(0) + row % T * t.stride(1)
            + (h_kv * m_groups + row / T) * t.stride(2);
    }

    void product(const at::Tensor& kept, std::int64_t b, std::int64_t h_kv, std::int64_t first,
        const float* x, float* y, bool isInOut) const
    {
        SkinnyJob job;
        const std::int64_t keys = kept.size(2) - first, d_head = kept.size(3);
        job.in = isInOut ? keys : d_head;
        job.out = isInOut ? d_head : keys;
        job.weight = kept.data_ptr<float>() + b * kept.stride(0) + h_kv * kept.stride(1)
            + first * kept.stride(2);
        job.weightStride = kept.stride(2);
        const SkinnyKernels kernels = skinnyFloat32();
        for (std::int64_t row = 0; row < m_rows; row += kMaxSkinnyRows) {
            job.streams = static_cast<int>(std::min(kMaxSkinnyRows, m_rows - row));
            job.x = x + row * job.in;
            job.y = y + row * job.out;
            (isInOut ? kernels.inOut : kernels.outIn)(job, {0, keys});
        }
    }

    const at::Tensor &m_q, &m_k, &m_v;
    at::Tensor& m_z;
    std::int64_t m_groups, m_rows;
};

} // namespace

bool canBlockAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v)
{
    // Positions are compared as float32.
    constexpr std::int64_t kMostKeys = 1 << 24;
    return !ReferenceScope::isActive() && isPlain(q) && isPlain(k) && isPlain(v)
        && k.size(2) < kMostKeys;
}

at::Tensor blockedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
    double scale, double softcap, std::int64_t window)
{
    const std::int64_t B = q.size(0), T = q.size(1), H = q.size(2), d_head = q.size(3);
    const std::int64_t T_all = k.size(2), groups = H / k.size(1);
    at::Tensor z = at::empty({B, T, H, d_head}, q.options());
    if (T <= kMaxSkinnyRows) {
        const FewQueries few(q, k, v, z);
        const std::int64_t H_kv = k.size(1);
        const bool isTiny = B * H_kv * T_all * d_head < kWorthThreads;
        WorkerPool::shared().run(B * H_kv, isTiny ? 1 : decodeThreads(), [&](std::int64_t head) {
            few.attend(head / H_kv, head % H_kv, scale, softcap, window);
        });
        return z;
    }
    AttentionBlock shape;
    shape.qStride = q.stride(1);
    shape.kStride = k.stride(2);
    shape.vStride = v.stride(2);
    shape.zStride = z.stride(1);
    shape.d_head = d_head;
    shape.window = window;
    shape.scale = static_cast<float>(scale);
    shape.softcap = static_cast<float>(softcap);
    const std::int64_t blocks = (T + kQueries - 1) / kQueries;
    const auto one = [&](std::int64_t task, AttentionScratch& scratch) {
        // Heads of one block side by side: they share keys, and the longest blocks come first.
        const std::int64_t h = task % H, b = task / H % B, index = blocks - 1 - task / (H * B);
        AttentionBlock block = shape;
        const std::int64_t t = index * kQueries, h_kv = h / groups;
        block.count = std::min(kQueries, T - t);
        block.position = T_all - T + t;
        block.q = q.data_ptr<float>() + b * q.stride(0) + t * q.stride(1) + h * q.stride(2);
        block.k = k.data_ptr<float>() + b * k.stride(0) + h_kv * k.stride(1);
        block.v = v.data_ptr<float>() + b * v.stride(0) + h_kv * v.stride(1);
        block.z = z.data_ptr<float>() + b * z.stride(0) + t * z.stride(1) + h * z.stride(2);
        HWY_DYNAMIC_DISPATCH(attend)(block, scratch);
    };
    std::atomic<std::int64_t> next = 0;
    // Two products over half of the scores.
    const double operations
        = 2.0 * static_cast<double>(B * H) * static_cast<double>(T * T_all * d_head);
    const int threads = threadsForProduct(operations, poolThreads());
    WorkerPool::shared().run(threads, threads, [&](std::int64_t) {
        AttentionScratch scratch(d_head);
        for (std::int64_t task; (task = next.fetch_add(1)) < blocks * H * B;)
            one(task, scratch);
    });
    return z;
}

} // namespace core
#endif
