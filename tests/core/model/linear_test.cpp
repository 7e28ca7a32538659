#include "core/model/linear.h"

#include "core/model/int8_groups.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

/// [out, in] or [in, out] numbers in one of the forms that a weight is kept in.
Linear kept(
    at::ScalarType type, const at::Tensor& numbers, bool isInOut, const at::Tensor& bias = {})
{
    Linear linear;
    linear.isInOut = isInOut;
    linear.bias = bias;
    if (type != at::kChar) {
        linear.weight = numbers.to(type);
        return linear;
    }
    auto [q, scales] = toInt8(numbers);
    linear.weight = q;
    linear.scales = scales;
    return linear;
}

double largest(const at::Tensor& difference)
{
    return difference.abs().max().item<double>();
}

class LinearForms : public testing::TestWithParam<at::ScalarType> { };

TEST_P(LinearForms, AppliesItsValuesToAnyLeadingShape)
{
    const at::NoGradGuard noGrad;
    at::manual_seed(5);
    for (const bool isInOut : {false, true}) {
        const Linear linear = kept(GetParam(),
            at::randn(isInOut ? at::IntArrayRef{7, 300} : at::IntArrayRef{300, 7}), isInOut,
            at::randn({300}));
        EXPECT_EQ(linear.in(), 7);
        EXPECT_EQ(linear.out(), 300);
        EXPECT_EQ(linear.values().scalar_type(), at::kFloat);
        const at::Tensor exact = linear.matrix().to(at::kDouble);
        for (const std::vector<std::int64_t>& shape :
            std::vector<std::vector<std::int64_t>>{{7}, {1, 7}, {2, 3, 7}, {4, 9, 7}}) {
            const at::Tensor x = at::randn(shape);
            const at::Tensor expected
                = at::matmul(x.to(at::kDouble), exact) + linear.bias.to(at::kDouble);
            EXPECT_EQ(linear.apply(x).sizes(), expected.sizes());
            EXPECT_LE(largest(linear.apply(x) - expected), 1e-5);
            const ReferenceScope scope;
            EXPECT_LE(largest(linear.apply(x) - expected), 1e-5) << "the plain path";
        }
    }
}

TEST_P(LinearForms, MoreRowsThanAPanelAreSewnTogether)
{
    const at::NoGradGuard noGrad;
    // 1,500 x 1,500 numbers are more than one panel.
    for (const bool isInOut : {false, true}) {
        const Linear linear = kept(GetParam(), at::randn({1500, 1500}), isInOut, at::randn({1500}));
        const at::Tensor x = at::randn({20, 1500});
        const at::Tensor expected = at::mm(x.to(at::kDouble), linear.matrix().to(at::kDouble))
            + linear.bias.to(at::kDouble);
        EXPECT_LE(largest(linear.apply(x) - expected), 1e-3);
    }
}

TEST_P(LinearForms, RowsAreThoseOfTheValues)
{
    const at::NoGradGuard noGrad;
    const Linear table = kept(GetParam(), at::randn({50, 70}), false);
    const at::Tensor ids = at::tensor({3, 0, 49, 3, 7, 7}, at::kLong).view({2, 3});
    const at::Tensor rows = table.rows(ids);
    EXPECT_EQ(rows.sizes(), (std::vector<std::int64_t>{2, 3, 70}));
    EXPECT_TRUE(at::equal(rows, table.values().index_select(0, ids.reshape(-1)).view({2, 3, 70})));
}

TEST_P(LinearForms, SlicesAreThoseOfTheValues)
{
    for (const bool isInOut : {false, true}) {
        const Linear whole = kept(GetParam(),
            at::randn(isInOut ? at::IntArrayRef{20, 256} : at::IntArrayRef{256, 20}), isInOut,
            at::randn({256}));
        for (const auto& [start, size] : {std::pair{0, 128}, {64, 100}, {128, 128}, {10, 30}}) {
            const Linear part = whole.slice(start, size);
            EXPECT_EQ(part.out(), size);
            EXPECT_TRUE(at::equal(part.matrix(), whole.matrix().narrow(1, start, size)));
            EXPECT_TRUE(at::equal(part.bias, whole.bias.narrow(0, start, size)));
        }
    }
}

TEST_P(LinearForms, GradientsReachTheInput)
{
    const at::AutoGradMode gradients(true);
    const Linear linear = kept(GetParam(), at::randn({5, 7}), false);
    for (const std::int64_t rows : {2, 20}) {
        const at::Tensor x = at::randn({rows, 7}).set_requires_grad(true);
        linear.apply(x).sum().backward();
        EXPECT_LE(largest(x.grad() - linear.values().sum(0).expand({rows, 7})), 1e-5);
    }
}

INSTANTIATE_TEST_SUITE_P(Stored, LinearForms,
    testing::Values(at::kFloat, at::kBFloat16, at::kHalf, at::kChar),
    [](const auto& info) { return std::string(c10::toString(info.param)); });

TEST(Linear, TrainedWeightsGetGradients)
{
    const at::AutoGradMode gradients(true);
    Linear linear;
    linear.weight = at::randn({5, 7}).set_requires_grad(true);
    linear.bias = at::randn({5}).set_requires_grad(true);
    const at::Tensor x = at::randn({12, 7});
    linear.apply(x).sum().backward();
    EXPECT_LE(largest(linear.weight.grad() - x.sum(0).expand({5, 7})), 1e-5);
    EXPECT_LE(largest(linear.bias.grad() - 12.0), 1e-5);
    Linear table;
    table.weight = at::randn({5, 2}).set_requires_grad(true);
    table.rows(at::tensor({1, 1, 4}, at::kLong)).sum().backward();
    EXPECT_TRUE(at::equal(table.weight.grad().select(1, 0), at::tensor({0.f, 2.f, 0.f, 0.f, 1.f})));
}

TEST(Int8, RoundsToHalfAStepOfItsGroup)
{
    at::manual_seed(7);
    // Groups of very different size in one row, one of them zeros, and a short last one.
    at::Tensor numbers = at::randn({3, 200});
    numbers.narrow(1, 64, 64).mul_(1e-4);
    numbers.narrow(1, 128, 64).zero_();
    const auto [q, scales] = toInt8(numbers);
    EXPECT_EQ(q.scalar_type(), at::kChar);
    EXPECT_EQ(scales.sizes(), (std::vector<std::int64_t>{3, 4}));
    const at::Tensor back = fromInt8(q, scales);
    for (std::int64_t row = 0; row < 3; ++row)
        for (std::int64_t i = 0; i < 200; ++i) {
            const std::int64_t first = i / 64 * 64, count = std::min<std::int64_t>(64, 200 - first);
            const double step
                = numbers[row].narrow(0, first, count).abs().max().item<double>() / 127;
            EXPECT_LE(std::abs((back[row][i] - numbers[row][i]).item<double>()),
                step * 0.5 * 1.0001 + 1e-12)
                << row << ", " << i;
        }
}

TEST(ReferenceScopes, NestAndEnd)
{
    EXPECT_FALSE(ReferenceScope::isActive());
    {
        const ReferenceScope outer;
        {
            const ReferenceScope inner;
            EXPECT_TRUE(ReferenceScope::isActive());
        }
        EXPECT_TRUE(ReferenceScope::isActive());
    }
    EXPECT_FALSE(ReferenceScope::isActive());
}

} // namespace
