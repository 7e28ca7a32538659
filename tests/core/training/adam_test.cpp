#include "core/training/adam.h"

#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace core {
namespace {

/// AdamW in double, from Loshchilov & Hutter 2019, Algorithm 2, one number at a time.
struct ReferenceAdam {
    AdamOptions options;
    double value, m = 0.0, v = 0.0;
    int t = 0;

    void step(double g, double lr, double decay)
    {
        ++t;
        m = options.beta1 * m + (1.0 - options.beta1) * g;
        v = options.beta2 * v + (1.0 - options.beta2) * g * g;
        const double mHat = m / (1.0 - std::pow(options.beta1, t));
        const double vHat = v / (1.0 - std::pow(options.beta2, t));
        value = value - lr * (mHat / (std::sqrt(vHat) + options.epsilon)) - lr * decay * value;
    }
};

TEST(Adam, FollowsTheReferenceWithDecayAndClipping)
{
    const AdamOptions options{.beta2 = 0.95, .weightDecay = 0.1, .maxGradNorm = 1.5};
    const at::Tensor a = at::randn({7, 5}), b = at::randn({11});
    const at::Tensor a0 = a.clone(), b0 = b.clone();
    Adam adam(options, {{"a", a, true}, {"b", b, false}});
    std::vector<ReferenceAdam> reference;
    for (int i = 0; i < 46; ++i)
        reference.push_back(
            {options, i < 35 ? a0.flatten()[i].item<double>() : b0[i - 35].item<double>()});

    for (int step = 0; step < 20; ++step) {
        const double lr = 0.01 * (step + 1);
        // Every other step is small enough not to be clipped.
        const double size = step % 2 == 0 ? 1.0 : 0.1;
        const at::Tensor ga = at::randn({7, 5}) * size, gb = at::randn({11}) * size;
        const double norm = std::sqrt(
            (ga.to(at::kDouble).square().sum() + gb.to(at::kDouble).square().sum()).item<double>());
        EXPECT_NEAR(adam.step({ga, gb}, lr), norm, 1e-5);
        const double clip = norm > 1.5 ? 1.5 / norm : 1.0;
        for (int i = 0; i < 46; ++i) {
            const double g = i < 35 ? ga.flatten()[i].item<double>() : gb[i - 35].item<double>();
            reference[static_cast<std::size_t>(i)].step(g * clip, lr, i < 35 ? 0.1 : 0.0);
        }
    }
    for (int i = 0; i < 46; ++i) {
        const double value = i < 35 ? a.flatten()[i].item<double>() : b[i - 35].item<double>();
        EXPECT_NEAR(value, reference[static_cast<std::size_t>(i)].value, 2e-5) << i;
    }
}

TEST(Adam, AGradientThatIsNotFiniteChangesNothing)
{
    const at::Tensor a = at::ones({4});
    Adam adam({}, {{"a", a, false}});
    const at::Tensor bad = at::full({4}, std::numeric_limits<float>::quiet_NaN());
    EXPECT_FALSE(std::isfinite(adam.step({bad}, 0.1)));
    EXPECT_TRUE(at::equal(a, at::ones({4})));
    EXPECT_EQ(adam.steps(), 0);
}

TEST(Adam, RestoreRefusesAnotherRunAndChangesNothing)
{
    const at::Tensor a = at::ones({4});
    Adam adam({}, {{"a", a, false}});
    const at::Tensor other = at::zeros({5});
    const Adam stranger({}, {{"a", other, false}});
    std::map<std::string, at::Tensor> state;
    for (auto& [name, tensor] : stranger.state())
        state[name] = tensor;
    const Result<void> restored = adam.restore(state, "run.safetensors");
    ASSERT_FALSE(restored);
    EXPECT_NE(restored.error().message.find("value.a"), std::string::npos);
    EXPECT_TRUE(at::equal(a, at::ones({4})));
}

TEST(Adam, ResetRowForgetsThatRowAlone)
{
    const at::Tensor a = at::zeros({3, 2});
    Adam adam({}, {{"a", a, false}});
    adam.step({at::ones({3, 2})}, 0.1);
    adam.resetRow(0, 1);
    const at::Tensor m = adam.state()[1].second;
    EXPECT_EQ(m[1].abs().sum().item<float>(), 0.0f);
    EXPECT_GT(m[0].abs().sum().item<float>(), 0.0f);
}

TEST(Adam, GlobalNormOfManyTensorsIsTheirJointNorm)
{
    const at::Tensor a = at::full({70000}, 3.0f), b = at::full({1}, 4.0f);
    EXPECT_NEAR(globalNorm({a, at::Tensor(), b}), std::sqrt(9.0 * 70000 + 16.0), 1e-3);
}

} // namespace
} // namespace core
