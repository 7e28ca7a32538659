// Every kind of dictionary on a device, with its matrices there or left on the host: the numbers of
// the CPU.
#include "core/dictionary/dictionary.h"
#include "tests/support/pretend_device.h"
#include "tests/support/tensor_difference.h"

#include <tuple>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::PretendDevice;

constexpr int kDeviceWidth = 16, kDeviceFeatures = 40;

std::shared_ptr<const Dictionary> anyDictionary(
    FeatureActivation activation, InputNormalization normalization, at::ScalarType stored)
{
    at::manual_seed(11);
    DictionaryConfig config;
    config.name = "any";
    config.architecture = "any";
    config.d_in = config.d_out = kDeviceWidth;
    config.d_sae = kDeviceFeatures;
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(0)};
    config.activation = activation;
    config.normalization = normalization;
    config.k = 4;
    config.applyBDecToInput = true;
    Dictionary::Weights weights;
    weights.W_enc = (at::randn({kDeviceFeatures, kDeviceWidth}) * 0.5).to(stored);
    weights.W_dec = (at::randn({kDeviceFeatures, kDeviceWidth}) * 0.3).to(stored);
    weights.b_enc = at::randn({kDeviceFeatures}) * 0.1;
    weights.b_dec = at::randn({kDeviceWidth}) * 0.1;
    if (activation == FeatureActivation::JumpRelu)
        weights.threshold = at::full({kDeviceFeatures}, 0.3);
    if (activation == FeatureActivation::Gated) {
        weights.b_gate = at::randn({kDeviceFeatures}) * 0.1;
        weights.r_mag = at::randn({kDeviceFeatures}) * 0.1;
    }
    auto created = Dictionary::create(config, weights);
    EXPECT_TRUE(created) << (created ? "" : created.error().message);
    return created ? *created : nullptr;
}

using Kind = std::tuple<FeatureActivation, InputNormalization, at::ScalarType>;

class DictionaryOnADevice : public testing::TestWithParam<Kind> { };

TEST_P(DictionaryOnADevice, ComputesWhatTheCpuDoes)
{
    const PretendDevice pretend;
    const auto [activation, normalization, stored] = GetParam();
    const auto host = anyDictionary(activation, normalization, stored);
    ASSERT_TRUE(host);
    const at::Tensor x = at::randn({2, 5, kDeviceWidth}), index = at::tensor({3, 17, 5}, at::kLong);
    const std::vector<FeatureId> some{FeatureId(3), FeatureId(17), FeatureId(5)};
    const c10::Device device = PretendDevice::device();
    const at::Tensor there = x.to(device);
    const auto expectSame = [&](const at::Tensor& a, const at::Tensor& b) {
        EXPECT_EQ(b.device(), device);
        EXPECT_LT(tests::largestDifference(a, b.to(at::kCPU)), 1e-4);
    };
    for (const auto matrices :
        {Dictionary::Matrices::OnTheDevice, Dictionary::Matrices::OnTheHost}) {
        const auto placed = host->to(device, matrices);
        EXPECT_EQ(placed->streamsMatrices(), matrices == Dictionary::Matrices::OnTheHost);
        const Encoding a = host->encode(x), b = placed->encode(there);
        EXPECT_GT(a.feature_acts.ne(0).sum().item<std::int64_t>(), 0);
        expectSame(a.feature_acts, b.feature_acts);
        expectSame(a.hidden_pre, b.hidden_pre);
        expectSame(host->activations(x), placed->activations(there));
        expectSame(host->decode(a.feature_acts, x), placed->decode(b.feature_acts, there));
        expectSame(host->activationsOf(x, some), placed->activationsOf(there, some));
        expectSame(host->decoderRows(index), placed->decoderRows(index));
        expectSame(host->decoderRows(index), placed->decoderRows(index.to(device)));
        expectSame(host->encoderRows(index), placed->encoderRows(index));
        expectSame(host->outputScale(x), placed->outputScale(there));
        // Back again, all of it.
        const auto back = placed->to(at::kCPU);
        EXPECT_FALSE(back->streamsMatrices());
        EXPECT_TRUE(at::equal(back->W_dec(), host->W_dec()));
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DictionaryOnADevice,
    testing::Combine(testing::Values(FeatureActivation::Relu, FeatureActivation::JumpRelu,
                         FeatureActivation::TopK, FeatureActivation::Gated,
                         FeatureActivation::GroupMax, FeatureActivation::TanhRelu),
        testing::Values(InputNormalization::None, InputNormalization::LayerNorm),
        testing::Values(at::kFloat, at::kBFloat16)));

} // namespace
