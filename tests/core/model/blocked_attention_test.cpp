#include "core/model/blocked_attention.h"

#include "core/model/linear.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

struct Case {
    std::int64_t B, T, T_all, H, H_kv, d_head;
    double softcap = 0.0;
    std::int64_t window = 0;
};

/// The definition, in float64: every score is made, then hidden ones are taken away.
at::Tensor byDefinition(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
    double softcap, std::int64_t window)
{
    const std::int64_t T = q.size(1), T_all = k.size(2), groups = q.size(2) / k.size(1);
    const auto perHead = [&](const at::Tensor& t) {
        return t.to(at::kDouble).repeat_interleave(groups, 1); // [B, H, T_all, d_head]
    };
    at::Tensor scores = at::matmul(q.to(at::kDouble).transpose(1, 2), perHead(k).transpose(2, 3));
    scores = scores * scale;
    if (softcap > 0)
        scores = softcap * at::tanh(scores / softcap);
    const at::Tensor query = at::arange(T_all - T, T_all, at::kLong).unsqueeze(1);
    const at::Tensor key = at::arange(0, T_all, at::kLong).unsqueeze(0);
    at::Tensor hidden = key > query;
    if (window > 0)
        hidden = hidden | (query - key >= window);
    scores = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());
    return at::matmul(scores.softmax(-1), perHead(v)).transpose(1, 2);
}

class BlockedAttention : public testing::TestWithParam<Case> { };

TEST_P(BlockedAttention, AgreesWithTheDefinition)
{
    const at::NoGradGuard noGrad;
    const Case c = GetParam();
    at::manual_seed(11);
    // As a pass makes them: q a slice of a wider matrix, k and v with room behind in a cache.
    const at::Tensor q = at::randn({c.B, c.T, 3 * c.H, c.d_head}).narrow(2, c.H, c.H);
    const at::Tensor k = at::randn({c.B, c.H_kv, c.T_all + 7, c.d_head}).narrow(2, 0, c.T_all);
    const at::Tensor v = at::randn({c.B, c.T_all, c.H_kv, c.d_head}).transpose(1, 2);
    const double scale = 2.0 / std::sqrt(static_cast<double>(c.d_head));
    ASSERT_TRUE(canBlockAttention(q, k, v));
    for (const int threads : {1, 2}) {
        at::set_num_threads(threads);
        const at::Tensor z = blockedAttention(q, k, v, scale, c.softcap, c.window);
        const at::Tensor expected = byDefinition(q, k, v, scale, c.softcap, c.window);
        ASSERT_EQ(z.sizes(), expected.sizes());
        EXPECT_LE((z - expected).abs().max().item<double>(), 1e-5);
    }
    at::set_num_threads(1);
}

INSTANTIATE_TEST_SUITE_P(Shapes, BlockedAttention,
    testing::Values(Case{1, 9, 9, 1, 1, 4}, Case{2, 64, 64, 4, 4, 16}, Case{1, 65, 65, 2, 1, 64},
        Case{1, 300, 300, 6, 2, 33}, Case{2, 40, 333, 4, 1, 80}, Case{1, 10, 700, 2, 2, 128},
        Case{1, 100, 100, 2, 2, 8, 5.0}, Case{1, 600, 600, 2, 1, 16, 0.0, 1},
        Case{1, 600, 600, 2, 1, 16, 3.0, 100}, Case{1, 70, 900, 2, 2, 16, 0.0, 257}));

// A decoding step: up to eight queries, with and without grouped heads and a window.
INSTANTIATE_TEST_SUITE_P(FewQueries, BlockedAttention,
    testing::Values(Case{1, 1, 1, 1, 1, 4}, Case{2, 1, 129, 12, 12, 64},
        Case{2, 1, 70, 14, 2, 33, 20.0}, Case{1, 8, 8, 2, 2, 16}, Case{1, 8, 300, 6, 2, 16},
        Case{3, 5, 200, 4, 1, 24, 0.0, 7}, Case{1, 3, 90, 4, 2, 8, 2.0, 200},
        Case{2, 1, 3000, 4, 2, 64, 0.0, 1000}, Case{1, 6, 6, 2, 1, 16, 0.0, 1}));

TEST(BlockedAttention, LargeScoresDoNotOverflow)
{
    const at::NoGradGuard noGrad;
    const at::Tensor q = at::full({1, 100, 1, 8}, 40.0), k = at::randn({1, 1, 100, 8}) * 40,
                     v = at::randn({1, 1, 100, 8});
    const at::Tensor z = blockedAttention(q, k, v, 1.0, 0.0, 0);
    EXPECT_LE((z - byDefinition(q, k, v, 1.0, 0.0, 0)).abs().max().item<double>(), 2e-2);
}

TEST(BlockedAttention, LeavesOtherWorkToTorch)
{
    const at::Tensor q = at::randn({1, 10, 2, 8}), k = at::randn({1, 2, 10, 8});
    EXPECT_TRUE(canBlockAttention(q, k, k));
    EXPECT_FALSE(canBlockAttention(q.to(at::kDouble), k, k));
    EXPECT_FALSE(canBlockAttention(q, k.transpose(2, 3), k)) << "d_head is strided";
    EXPECT_FALSE(canBlockAttention(q, k, at::randn({1, 2, 10, 8}).set_requires_grad(true)));
    const ReferenceScope scope;
    EXPECT_FALSE(canBlockAttention(q, k, k));
}

} // namespace
