#include "core/model/skinny_matmul.h"

#include "core/model/int8_groups.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

/// A weight as a file or a conversion keeps it, and its exact numbers.
struct StoredMatrix {
    at::Tensor weight, scales;
    at::Tensor exact; ///< float64
};

StoredMatrix stored(at::ScalarType type, const at::Tensor& numbers)
{
    if (type == at::kChar) {
        auto [q, scales] = toInt8(numbers);
        // By the definition: number = scale of its group of 64 * q.
        const at::Tensor perNumber
            = scales.to(at::kDouble).repeat_interleave(kInt8Group, 1).narrow(1, 0, q.size(1));
        return {q, scales, q.to(at::kDouble) * perNumber};
    }
    const at::Tensor weight = numbers.to(type);
    return {weight, {}, weight.to(at::kDouble)};
}

class SkinnyTypes : public testing::TestWithParam<at::ScalarType> { };

/// Against float64 on awkward sizes: tails of vectors, of groups, of row groups and of thread
/// pieces.
TEST_P(SkinnyTypes, AgreesWithFloat64)
{
    const at::NoGradGuard noGrad;
    at::manual_seed(3);
    for (const int threads : {1, 3}) {
        at::set_num_threads(threads);
        for (const auto& [in, out] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1},
                 {3, 5}, {16, 16}, {17, 33}, {64, 31}, {100, 1027}, {768, 130}, {257, 2304}}) {
            for (const bool isInOut : {false, true}) {
                const StoredMatrix w
                    = stored(GetParam(), isInOut ? at::randn({in, out}) : at::randn({out, in}));
                for (std::int64_t rows = 1; rows <= kMaxSkinnyRows; ++rows) {
                    const at::Tensor x = at::randn({rows, in});
                    const at::Tensor bias = rows % 2 ? at::randn({out}) : at::Tensor();
                    ASSERT_TRUE(isSkinny(x, w.weight, bias));
                    at::Tensor expected
                        = at::mm(x.to(at::kDouble), isInOut ? w.exact : w.exact.t());
                    if (bias.defined())
                        expected = expected + bias.to(at::kDouble);
                    const at::Tensor error
                        = (skinnyMatmul(x, w.weight, isInOut, bias, w.scales) - expected)
                              .abs()
                              .max();
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

TEST_P(SkinnyTypes, RowsMayBeginAnywhere)
{
    const at::NoGradGuard noGrad;
    // Odd widths and a view from the second row and number on: nothing is aligned. Groups of int8
    // begin with the row.
    const std::int64_t skipped = GetParam() == at::kChar ? 0 : 1;
    const StoredMatrix w = stored(GetParam(), at::randn({42, 131}));
    const auto inside
        = [&](const at::Tensor& t) { return t.narrow(0, 1, 41).narrow(1, skipped, 129); };
    const at::Tensor scales = w.scales.defined() ? w.scales.narrow(0, 1, 41) : at::Tensor();
    for (const bool isInOut : {false, true}) {
        const at::Tensor x = at::randn({3, isInOut ? 41 : 129});
        const at::Tensor exact = isInOut ? inside(w.exact) : inside(w.exact).t();
        const at::Tensor error = skinnyMatmul(x, inside(w.weight), isInOut, {}, scales)
            - at::mm(x.to(at::kDouble), exact);
        EXPECT_LE(error.abs().max().item<double>(), 5e-5);
    }
}

TEST_P(SkinnyTypes, ColumnsAreWidenedExactly)
{
    const StoredMatrix w = stored(GetParam(), at::randn({9, 300}));
    for (const auto& [from, count] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {0, 300}, {64, 64}, {128, 172}, {192, 5}})
        EXPECT_TRUE(at::equal(widenColumns(w.weight, w.scales, from, count),
            w.exact.narrow(1, from, count).to(at::kFloat)))
            << from << " + " << count;
}

INSTANTIATE_TEST_SUITE_P(Stored, SkinnyTypes,
    testing::Values(at::kFloat, at::kBFloat16, at::kHalf, at::kChar),
    [](const auto& info) { return std::string(c10::toString(info.param)); });

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

} // namespace
