// A cross-layer transcoder's features, read at one layer and written at several, against hooks
// written out by hand.
#include "core/interventions/decode.h"
#include "core/model/activation_cache.h"
#include "tests/core/interventions/tiny_transcoders.h"

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

using namespace core;
using tests::largestDifference;

namespace {

Intervention change(FeatureId feature, InterventionMode mode, double value)
{
    Intervention one;
    one.feature = {"clt/layer_0", feature};
    one.mode = mode;
    one.value = value;
    return one;
}

HookPoint mlpOut(int layer)
{
    return {HookKind::MlpOut, Layer(layer)};
}

class CrossLayer : public testing::TestWithParam<const char*> {
protected:
    CrossLayer()
        : model(tests::tinyModel(GetParam()))
        , layers(tests::tinyCrossLayer(model->config()))
        , ids(tests::tinyIds(1, 7))
        , clean(runWithCache(*model, ids, {in, mlpOut(0), mlpOut(1)}).value())
        , feature(tests::livelyFeature(*layers[0], clean.cache.at(in)[0]))
    {
    }

    at::Tensor row(int layer) const { return layers[0]->decoderAt(layer)[feature.value]; }
    at::Tensor activation(const at::Tensor& x) const
    {
        return layers[0]->encode(x).feature_acts.select(-1, feature.value).unsqueeze(-1);
    }
    Hooks installed(const std::vector<Intervention>& changes, SteeredSpan span = {}) const
    {
        span.length = span.promptLength = 7;
        Hooks hooks;
        ActiveInterventions::install(ActiveInterventions::create(changes, layers).value(), span,
            std::make_shared<SteeringTrace>(), hooks);
        return hooks;
    }

    const at::NoGradGuard noGrad;
    const HookPoint in{HookKind::ResidMid, Layer(0)};
    std::shared_ptr<const Transformer> model;
    Dictionaries layers;
    at::Tensor ids;
    CachedRun clean;
    FeatureId feature;
};

TEST_P(CrossLayer, EveryModeActsInEveryLayerItWrites)
{
    const at::Tensor f = activation(clean.cache.at(in));
    for (const InterventionMode mode : {InterventionMode::Clamp, InterventionMode::MinClamp,
             InterventionMode::Add, InterventionMode::AddUnit, InterventionMode::Scale,
             InterventionMode::Ablate, InterventionMode::Orthogonal, InterventionMode::Cap}) {
        const double c = mode == InterventionMode::Cap ? -0.1 : 1.5;
        // What the change meets at a layer's output is known once the layers before are changed.
        Hooks byHand;
        for (int layer = 0; layer < 2; ++layer)
            byHand.on(mlpOut(layer), [&, layer](at::Tensor& x) {
                const at::Tensor d = row(layer), v = d / d.norm();
                const at::Tensor projection = at::matmul(x, v).unsqueeze(-1);
                switch (mode) {
                case InterventionMode::Clamp:
                    x = x + (c - f) * d;
                    break;
                case InterventionMode::MinClamp:
                    x = x + (at::clamp_min(f, c) - f) * d;
                    break;
                case InterventionMode::Add:
                    x = x + c * d;
                    break;
                case InterventionMode::AddUnit:
                    x = x + c * v;
                    break;
                case InterventionMode::Scale:
                    x = x + (c - 1) * f * d;
                    break;
                case InterventionMode::Ablate:
                    x = x - f * d;
                    break;
                case InterventionMode::Orthogonal:
                    x = x + (c - 1) * projection * v;
                    break;
                case InterventionMode::Cap:
                    x = x + (at::clamp_max(projection, c) - projection) * v;
                    break;
                }
            });
        const at::Tensor logits = *model->forward(ids, installed({change(feature, mode, c)})),
                         expected = *model->forward(ids, byHand);
        EXPECT_LE(largestDifference(logits, expected), 1e-4) << static_cast<int>(mode);
        EXPECT_GT(largestDifference(logits, clean.logits), 1e-3) << static_cast<int>(mode);
    }
}

TEST_P(CrossLayer, OneFeatureAtSeveralPositionsTakesItsOwnValues)
{
    const std::vector<std::pair<int, double>> values = {{1, 2.0}, {4, 0.0}, {6, -1.0}};
    std::vector<Intervention> changes;
    at::Tensor target = activation(clean.cache.at(in)).clone();
    for (const auto& [position, value] : values) {
        changes.push_back(change(feature, InterventionMode::Clamp, value));
        changes.back().positions = PositionRange::only(Position(position));
        target[0][position][0] = value;
    }
    changes.push_back(change(
        FeatureId(feature.value == 0 ? 1 : 0), InterventionMode::Add, 0.0)); // Changes nothing.
    const at::Tensor step = target - activation(clean.cache.at(in));
    Hooks byHand;
    for (int layer = 0; layer < 2; ++layer)
        byHand.on(mlpOut(layer), [&, layer](at::Tensor& x) { x = x + step * row(layer); });
    EXPECT_LE(
        largestDifference(*model->forward(ids, installed(changes)), *model->forward(ids, byHand)),
        1e-4);
}

TEST_P(CrossLayer, WritesOnlyIntoTheLayersOfItsSpan)
{
    SteeredSpan span;
    span.layers = {1, 1};
    const std::vector<Intervention> changes = {change(feature, InterventionMode::Clamp, 2.0)};
    const auto run
        = runWithCache(*model, ids, {mlpOut(0), mlpOut(1)}, installed(changes, span)).value();
    EXPECT_TRUE(at::equal(run.cache.at(mlpOut(0)), clean.cache.at(mlpOut(0))));
    EXPECT_LE(largestDifference(run.cache.at(mlpOut(1)),
                  clean.cache.at(mlpOut(1)) + (2.0 - activation(clean.cache.at(in))) * row(1)),
        1e-5);
}

/// Clamped while text streams beside the normal text: no cache, the whole text again for every
/// token, hooks by hand.
TEST_P(CrossLayer, ClampedFeatureSteersWhileTextStreams)
{
    const auto prompt = tests::idList(ids);
    for (const auto kind : {PositionRange::Kind::All, PositionRange::Kind::Generated}) {
        Intervention clamp = change(feature, InterventionMode::Clamp, 4.0);
        clamp.positions.kind = kind;
        const auto live = std::make_shared<LiveInterventions>(
            ActiveInterventions::create({clamp}, layers).value());
        BatchOptions options;
        options.maxTokens = 6;
        auto batch = StreamBatch::start(*model, prompt, {{}, {live, true}}, options);
        ASSERT_TRUE(batch) << batch.error().message;
        std::vector<TokenId> normal = prompt, steered = prompt;
        const int first = kind == PositionRange::Kind::All ? 0 : 7;
        const auto expected = [&] {
            at::Tensor step;
            Hooks hooks;
            hooks.on(in, [&](at::Tensor& x) {
                step = 4.0 - activation(x);
                step.narrow(1, 0, first).zero_();
            });
            for (int layer = 0; layer < 2; ++layer)
                hooks.on(mlpOut(layer), [&, layer](at::Tensor& x) { x = x + step * row(layer); });
            return (*model->forward(tests::idRow(steered), hooks))[0][-1];
        };
        const auto choose = [&](int step, std::span<TokenId> next) {
            const at::Tensor changed = tests::rowTensor(batch->logits(1)),
                             unchanged = tests::rowTensor(batch->logits(0));
            EXPECT_LE(largestDifference(changed, expected()), 1e-4) << step;
            EXPECT_LE(
                largestDifference(unchanged, (*model->forward(tests::idRow(normal)))[0][-1]), 1e-4);
            EXPECT_EQ(batch->deltaNormRatio(1) > 0.0, step > 0 || first == 0);
            next[0] = TokenId(unchanged.argmax().item<std::int64_t>());
            next[1] = TokenId(changed.argmax().item<std::int64_t>());
            normal.push_back(next[0]);
            steered.push_back(next[1]);
            return true;
        };
        const auto end = decode(*batch, options.maxTokens, choose);
        ASSERT_TRUE(end);
        EXPECT_EQ(*end, DecodeEnd::MaxTokens);
        EXPECT_EQ(steered.size(), prompt.size() + 6);
    }
}

INSTANTIATE_TEST_SUITE_P(Families, CrossLayer, testing::Values("gpt2", "llama", "gemma2"));

} // namespace
