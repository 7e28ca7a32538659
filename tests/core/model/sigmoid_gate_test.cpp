#include "core/model/sigmoid_gate.h"

#include "core/model/linear.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace {

using namespace core;

at::Tensor gated(MlpActivation activation, const at::Tensor& x)
{
    at::Tensor out = at::full_like(x, 7.0);
    gateBySigmoid(activation, x, out);
    return out;
}

TEST(SigmoidGate, IsTheFormulaInDoublePrecision)
{
    // Ordinary sizes, those where the exponential is at its ends, and a length that fills no
    // vector.
    const at::Tensor x
        = at::cat({at::linspace(-12, 12, 50'003), at::tensor({-1e30f, -200.f, 0.f, 200.f, 1e30f})});
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor gelu = 0.5 * wide
        * (1.0 + at::tanh(0.79788456080286536 * (wide + 0.044715 * wide * wide * wide)));
    const at::Tensor silu = wide / (1.0 + at::exp(-wide));
    for (const auto& [activation, expected] :
        {std::pair{MlpActivation::GeluNew, gelu}, std::pair{MlpActivation::Silu, silu}}) {
        const at::Tensor error = (gated(activation, x).to(at::kDouble) - expected).abs();
        EXPECT_LE((error / (expected.abs() + 1e-3)).max().item<double>(), 1e-5);
    }
}

TEST(SigmoidGate, CanStandInPlaceAndKeepsWhatIsNoNumber)
{
    at::Tensor x = at::randn({37});
    const at::Tensor expected = gated(MlpActivation::Silu, x);
    gateBySigmoid(MlpActivation::Silu, x, x);
    EXPECT_TRUE(at::equal(x, expected));
    const at::Tensor spoilt
        = gated(MlpActivation::GeluNew, at::full({3}, std::numeric_limits<float>::quiet_NaN()));
    EXPECT_TRUE(spoilt.isnan().all().item<bool>());
}

TEST(SigmoidGate, LeavesGradientsAndTheReferenceToTorch)
{
    at::Tensor x = at::randn({4});
    EXPECT_TRUE(canGateBySigmoid(MlpActivation::Silu, x));
    EXPECT_FALSE(canGateBySigmoid(MlpActivation::Gelu, x));
    EXPECT_FALSE(canGateBySigmoid(MlpActivation::Silu, x.to(at::kHalf)));
    {
        const ReferenceScope reference;
        EXPECT_FALSE(canGateBySigmoid(MlpActivation::Silu, x));
    }
    x.set_requires_grad(true);
    EXPECT_FALSE(canGateBySigmoid(MlpActivation::Silu, x));
}

} // namespace
