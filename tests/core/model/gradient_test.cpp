// Gradients through the whole pass, in double precision against central differences.
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

at::Tensor lossOf(const Transformer& model, const at::Tensor& ids)
{
    const at::Tensor logits = model.forward(ids.narrow(1, 0, ids.size(1) - 1)).value();
    const at::Tensor targets = ids.narrow(1, 1, ids.size(1) - 1).reshape(-1);
    return at::cross_entropy_loss(logits.reshape({-1, logits.size(2)}), targets);
}

class Gradients : public testing::TestWithParam<const char*> { };

TEST_P(Gradients, AgreeWithFiniteDifferences)
{
    const at::Tensor ids = tests::tinyIds(2, 7);
    const auto model = tests::tinyModel(GetParam())->copyTo(at::kDouble, true);
    lossOf(*model, ids).backward();
    const at::Generator generator = at::detail::createCPUGenerator(5);
    constexpr double kStep = 1e-5;
    for (auto [name, weight] : model->namedWeights()) {
        ASSERT_TRUE(weight.grad().defined()) << name;
        // Along a random direction of the whole tensor, so that every entry counts.
        const at::Tensor direction = at::randn(weight.sizes(), generator, at::kDouble);
        const double analytic = (weight.grad() * direction).sum().item<double>();
        const at::NoGradGuard noGrad;
        const at::Tensor start = weight.clone();
        weight.copy_(start + kStep * direction);
        const double above = lossOf(*model, ids).item<double>();
        weight.copy_(start - kStep * direction);
        const double below = lossOf(*model, ids).item<double>();
        weight.copy_(start);
        const double numeric = (above - below) / (2 * kStep);
        EXPECT_NEAR(analytic, numeric, 1e-6 * (1.0 + std::abs(numeric))) << name;
    }
}

TEST_P(Gradients, FlowIntoReplacedActivations)
{
    const auto model = tests::tinyModel(GetParam())->copyTo(at::kDouble);
    const at::Tensor ids = tests::tinyIds(1, 5);
    const at::Tensor added = at::zeros({1, 5, 16}, at::kDouble).set_requires_grad(true);
    Hooks hooks;
    hooks.on({HookKind::ResidMid, Layer(0)}, [&](at::Tensor& value) { value = value + added; });
    model->forward(ids, hooks)->square().sum().backward();
    const at::NoGradGuard noGrad;
    constexpr double kStep = 1e-6;
    const auto energy = [&](double sign) {
        Hooks shifted;
        shifted.on({HookKind::ResidMid, Layer(0)}, [&](at::Tensor& value) {
            value = value.clone();
            value[0][2][3] += sign * kStep;
        });
        return model->forward(ids, shifted)->square().sum().item<double>();
    };
    const double numeric = (energy(1) - energy(-1)) / (2 * kStep);
    EXPECT_NEAR(added.grad()[0][2][3].item<double>(), numeric, 1e-5 * (1 + std::abs(numeric)));
}

TEST_P(Gradients, DescentOnOneTextLowersItsLoss)
{
    const auto model = Transformer::create(tests::tinyConfig(GetParam()), 3)->copyTo({}, true);
    const at::Tensor ids = tests::tinyIds(4, 12);
    double first = 0, last = 0;
    for (int step = 0; step < 200; ++step) {
        const at::Tensor loss = lossOf(*model, ids);
        last = loss.item<double>();
        first = step == 0 ? last : first;
        loss.backward();
        const at::NoGradGuard noGrad;
        for (auto [name, weight] : model->namedWeights()) {
            weight.sub_(weight.grad().sign() * 0.003);
            weight.mutable_grad().zero_();
        }
    }
    EXPECT_NEAR(first, std::log(64.0), 0.1) << "starts uniform over the vocabulary";
    EXPECT_LT(last, 0.5 * first);
}

INSTANTIATE_TEST_SUITE_P(Families, Gradients, testing::ValuesIn(tests::kFamilies),
    [](const auto& info) { return std::string(info.param); });

} // namespace
