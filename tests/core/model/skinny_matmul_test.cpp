#include "core/model/skinny_matmul.h"

#include "core/model/transformer.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

using namespace core;

namespace {

struct Shape {
    std::int64_t rows, in, out;
};

/// Against float64 on awkward sizes: tails of vectors, of row groups and of thread chunks.
TEST(SkinnyMatmul, AgreesWithFloat64)
{
    const at::NoGradGuard noGrad;
    at::manual_seed(3);
    for (const int threads : {1, 2, 3}) {
        at::set_num_threads(threads);
        for (const auto& [in, out] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1},
                 {3, 5}, {16, 16}, {17, 33}, {64, 31}, {100, 1027}, {768, 130}, {257, 2304}}) {
            for (std::int64_t rows = 1; rows <= kMaxSkinnyRows; ++rows) {
                for (const bool isInOut : {false, true}) {
                    const at::Tensor x = at::randn({rows, in});
                    const at::Tensor weight = isInOut ? at::randn({in, out}) : at::randn({out, in});
                    const at::Tensor bias = rows % 2 ? at::randn({out}) : at::Tensor();
                    ASSERT_TRUE(isSkinny(x, weight, bias));
                    const at::Tensor wide = weight.to(at::kDouble);
                    at::Tensor expected = at::mm(x.to(at::kDouble), isInOut ? wide : wide.t());
                    if (bias.defined())
                        expected = expected + bias.to(at::kDouble);
                    const at::Tensor error
                        = (skinnyMatmul(x, weight, isInOut, bias) - expected).abs().max();
                    // `in` roundings of sums a few units large.
                    EXPECT_LE(error.item<double>(), 6e-8 * 4 * static_cast<double>(in + 4))
                        << rows << " x " << in << " x " << out
                        << (isInOut ? " [in, out]" : " [out, in]");
                }
            }
        }
    }
    at::set_num_threads(1);
}

TEST(SkinnyMatmul, DoesNotDependOnTheNumberOfThreads)
{
    const at::NoGradGuard noGrad;
    const at::Tensor x = at::randn({2, 300}), weight = at::randn({300, 1111});
    const at::Tensor turned = weight.t().contiguous();
    const at::Tensor first = skinnyMatmul(x, weight, true, {}),
                     second = skinnyMatmul(x, turned, false, {});
    for (const int threads : {2, 3, 7}) {
        at::set_num_threads(threads);
        EXPECT_TRUE(at::equal(skinnyMatmul(x, weight, true, {}), first)) << threads;
        EXPECT_TRUE(at::equal(skinnyMatmul(x, turned, false, {}), second)) << threads;
    }
    at::set_num_threads(1);
}

TEST(SkinnyMatmul, ReadsSlicesOfALargerMatrix)
{
    const at::NoGradGuard noGrad;
    const at::Tensor whole = at::randn({40, 96});
    const at::Tensor x = at::randn({2, 40});
    const at::Tensor slice = whole.narrow(1, 32, 32);
    EXPECT_LE(
        (skinnyMatmul(x, slice, true, {}) - at::mm(x, slice)).abs().max().item<float>(), 1e-5f);
    const at::Tensor y = at::randn({2, 50});
    const at::Tensor rows = whole.narrow(1, 10, 50);
    EXPECT_LE(
        (skinnyMatmul(y, rows, false, {}) - at::mm(y, rows.t())).abs().max().item<float>(), 1e-5f);
}

TEST(SkinnyMatmul, BatchesAgreeWithTorch)
{
    const at::NoGradGuard noGrad;
    for (const std::int64_t kept : {1, 5, 129, 700}) {
        // As a key-value cache lies in memory: room behind what is used.
        const at::Tensor cache = at::randn({12, 800, 64}).narrow(1, 0, kept);
        for (const std::int64_t rows : {1, 3, 8}) {
            const at::Tensor q = at::randn({12, rows, 64}), pattern = at::randn({12, rows, kept});
            ASSERT_TRUE(isSkinnyBatch(q, cache));
            const auto difference = [](const at::Tensor& a, const at::Tensor& b) {
                return (a - b).abs().max().item<float>();
            };
            EXPECT_LE(
                difference(skinnyBatch(q, cache, false), at::bmm(q, cache.transpose(1, 2))), 1e-4f);
            EXPECT_LE(
                difference(skinnyBatch(pattern, cache, true), at::bmm(pattern, cache)), 3e-4f);
        }
    }
    EXPECT_FALSE(isSkinnyBatch(at::randn({2, 9, 4}), at::randn({2, 5, 4})));
}

TEST(SkinnyMatmul, LeavesOtherWorkToTorch)
{
    const at::Tensor weight = at::randn({6, 4});
    EXPECT_TRUE(isSkinny(at::randn({8, 4}), weight, {}));
    EXPECT_FALSE(isSkinny(at::randn({9, 4}), weight, {})) << "too many rows";
    EXPECT_FALSE(isSkinny(at::randn({1, 4}, at::kDouble), weight.to(at::kDouble), {}));
    EXPECT_FALSE(isSkinny(at::randn({1, 6}), weight.t(), {})) << "columns are strided";
    const at::Tensor trained = at::randn({6, 4}).set_requires_grad(true);
    EXPECT_FALSE(isSkinny(at::randn({1, 4}), trained, {})) << "gradients are wanted";
    const at::NoGradGuard noGrad;
    EXPECT_TRUE(isSkinny(at::randn({1, 4}), trained, {}));
}

TEST(LinearApply, TakesAnyLeadingShapeInBothLayouts)
{
    const at::NoGradGuard noGrad;
    Linear linear{at::randn({5, 7}), at::randn({5}), false};
    Linear turned{linear.weight.t().contiguous(), linear.bias, true};
    for (const std::vector<std::int64_t>& shape :
        std::vector<std::vector<std::int64_t>>{{7}, {1, 7}, {2, 3, 7}, {4, 9, 7}}) {
        const at::Tensor x = at::randn(shape);
        const at::Tensor expected = at::linear(x, linear.weight, linear.bias);
        EXPECT_EQ(linear.apply(x).sizes(), expected.sizes());
        EXPECT_LE((linear.apply(x) - expected).abs().max().item<float>(), 1e-5f);
        EXPECT_LE((turned.apply(x) - expected).abs().max().item<float>(), 1e-5f);
    }
}

} // namespace
