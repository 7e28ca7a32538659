// Graphs of every family traced on a device: the edges of the CPU.
#include "core/circuits/attribution.h"
#include "core/circuits/intervention.h"
#include "tests/support/pretend_device.h"
#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::PretendDevice;

Dictionaries anyLayers(const ModelConfig& model, bool areSaes)
{
    Dictionaries layers;
    for (int layer = 0; layer < model.n_layers; ++layer) {
        at::manual_seed(static_cast<std::uint64_t>(layer) + 3);
        DictionaryConfig config;
        config.name = "layer_" + std::to_string(layer);
        config.isTranscoder = !areSaes;
        config.architecture = "jumprelu";
        config.d_in = config.d_out = model.d_model;
        config.d_sae = 24;
        config.hookIn = {areSaes ? HookKind::ResidPost : HookKind::MlpIn, Layer(layer)};
        config.hookOut = {areSaes ? HookKind::ResidPost : HookKind::MlpOut, Layer(layer)};
        config.activation = FeatureActivation::JumpRelu;
        Dictionary::Weights weights;
        weights.W_enc = at::randn({config.d_sae, model.d_model}) * 0.5;
        weights.W_dec = at::randn({config.d_sae, model.d_model}) * 0.3;
        weights.b_enc = at::zeros({config.d_sae});
        weights.b_dec = at::zeros({model.d_model});
        weights.threshold = at::full({config.d_sae}, 0.05);
        layers.push_back(Dictionary::create(config, weights).value());
    }
    return layers;
}

class CircuitsOnADevice : public testing::TestWithParam<const char*> { };

TEST_P(CircuitsOnADevice, HaveTheEdgesOfTheCpu)
{
    const PretendDevice pretend;
    const std::shared_ptr<const Transformer> host = tests::tinyModel(GetParam());
    const std::shared_ptr<const Transformer> device
        = host->copyTo(at::TensorOptions(PretendDevice::device()));
    std::vector<TokenId> ids;
    for (const int id : {2, 17, 40, 33, 9, 21})
        ids.emplace_back(id);
    AttributionOptions options;
    options.settings.maxLogits = 3;
    for (const bool areSaes : {false, true}) {
        const Dictionaries layers = anyLayers(host->config(), areSaes);
        Dictionaries there;
        for (const auto& layer : layers)
            there.push_back(layer->to(PretendDevice::device()));
        const auto a = attribute(host, layers, ids, options);
        const auto b = attribute(device, there, ids, options);
        ASSERT_TRUE(a) << a.error().message;
        ASSERT_TRUE(b) << b.error().message;
        ASSERT_EQ(a->features.size(), b->features.size());
        EXPECT_FALSE(a->features.empty());
        ASSERT_EQ(a->adjacency.size(), b->adjacency.size());
        for (std::size_t i = 0; i < a->adjacency.size(); ++i)
            ASSERT_NEAR(a->adjacency[i], b->adjacency[i], 1e-3 * (1 + std::abs(a->adjacency[i])))
                << i;
        const std::vector<Intervention> changes{
            clampAt(layers, a->features.front().at, 3.0).value()};
        InterventionOptions how;
        how.keepActivations = true;
        const auto before = intervene(*host, layers, ids, changes, how),
                   after = intervene(*device, there, ids, changes, how);
        ASSERT_TRUE(before && after);
        EXPECT_LT((before->logits - after->logits.to(at::kCPU)).abs().max().item<double>(), 1e-3);
    }
}

INSTANTIATE_TEST_SUITE_P(Families, CircuitsOnADevice, testing::ValuesIn(tests::kFamilies),
    [](const auto& info) { return std::string(info.param); });

} // namespace
