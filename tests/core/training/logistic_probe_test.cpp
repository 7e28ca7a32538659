#include "core/training/logistic_probe.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace core {
namespace {

/// Zero at the minimum of the convex loss and nowhere else.
double gradientSize(
    const LogisticProbe& probe, const at::Tensor& x, const at::Tensor& y, const at::Tensor& weights)
{
    const at::Tensor slope = weights * (probe.scores(x).sigmoid() - y.to(at::kDouble));
    const at::Tensor w = at::mv(x.to(at::kDouble).t(), slope) + probe.weight;
    return std::max(w.abs().max().item<double>(), std::abs(slope.sum().item<double>()));
}

TEST(LogisticProbe, IsWhereTheLossIsFlat)
{
    at::manual_seed(5);
    for (const std::int64_t d : {1, 3, 40}) {
        const at::Tensor x = at::randn({300, d}) * at::linspace(0.1, 20, d);
        const at::Tensor y = (x.sum(1) + 3 * at::randn({300})).gt(1.5);
        const LogisticProbe plain = fitLogistic(x, y);
        EXPECT_LT(gradientSize(plain, x, y, at::ones({300}, at::kDouble)), 1e-3) << d;
        const double yes = y.sum().item<double>();
        const at::Tensor weights = at::where(y, at::full({300}, 150 / yes, at::kDouble),
            at::full({300}, 150 / (300 - yes), at::kDouble));
        EXPECT_LT(gradientSize(fitLogistic(x, y, {.isBalanced = true}), x, y, weights), 1e-3) << d;
    }
}

TEST(LogisticProbe, OfOneYesAndOneNoIsTheClosedForm)
{
    // x = 1 yes, x = -1 no: b = 0 by symmetry, and w solves w = 2 / (1 + e^w).
    const LogisticProbe probe
        = fitLogistic(at::tensor({1.f, -1.f}).unsqueeze(1), at::tensor({1, 0}).ne(0));
    const double w = probe.weight[0].item<double>();
    EXPECT_NEAR(probe.bias, 0, 1e-6);
    EXPECT_NEAR(w, 2 / (1 + std::exp(w)), 1e-5);
}

TEST(LogisticProbe, MoreDataWeighsMoreThanThePenalty)
{
    const at::Tensor x = at::tensor({1.f, -1.f}).unsqueeze(1), y = at::tensor({1, 0}).ne(0);
    const double once = fitLogistic(x, y).weight[0].item<double>();
    const double ten = fitLogistic(x, y, {.C = 10}).weight[0].item<double>();
    EXPECT_NEAR(ten, 20 / (1 + std::exp(ten)), 1e-5);
    EXPECT_GT(ten, once);
}

} // namespace
} // namespace core
