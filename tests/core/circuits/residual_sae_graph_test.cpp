// Graphs over residual SAEs: every edge against autograd through the model itself, with patterns
// and norm scales held at their values and the stream replaced at the source's hook.
#include "core/circuits/attribution.h"
#include "core/circuits/influence.h"
#include "core/model/activation_cache.h"
#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;

struct SaePlaces {
    const char* name;
    const char* family;
    std::vector<HookPoint> hooks;
};

Dictionaries saesAt(const std::vector<HookPoint>& hooks, int d_model)
{
    at::manual_seed(5);
    Dictionaries saes;
    for (const HookPoint& hook : hooks) {
        DictionaryConfig config;
        config.name = hook.name();
        config.architecture = "jumprelu";
        config.activation = FeatureActivation::JumpRelu;
        config.d_in = config.d_out = d_model;
        config.d_sae = 24;
        config.hookIn = config.hookOut = hook;
        config.applyBDecToInput = true;
        saes.push_back(Dictionary::create(config,
            {at::randn({24, d_model}) * 0.3, at::randn({24}) * 0.1, at::randn({24, d_model}) * 0.3,
                at::randn({d_model}) * 0.2, at::full({24}, 0.1),
                {}}).value());
    }
    return saes;
}

class ResidualSaeGraph : public testing::TestWithParam<SaePlaces> {
protected:
    ResidualSaeGraph()
        : model(tests::tinyModel(GetParam().family))
        , saes(saesAt(GetParam().hooks, model->config().d_model))
    {
        for (const int id : {1, 20, 33, 5, 20, 44})
            ids.emplace_back(id);
    }

    /// The clean values of patterns, scales and every place of interest.
    ActivationCache cleanRun() const
    {
        std::vector<HookPoint> points = held();
        points.push_back({HookKind::Embed, Layer()});
        points.push_back({HookKind::FinalNormalized, Layer()});
        for (const HookPoint& hook : GetParam().hooks)
            points.push_back(hook);
        return std::move(runWithCache(*model, idsTensor(ids), points).value().cache);
    }

    std::vector<HookPoint> held() const
    {
        std::vector<HookPoint> points{{HookKind::FinalScale, Layer()}};
        for (int l = 0; l < model->config().n_layers; ++l) {
            for (const HookKind kind : {HookKind::Pattern, HookKind::Ln1Scale, HookKind::Ln2Scale})
                points.push_back({kind, Layer(l)});
            if (model->config().hasPostNorms)
                for (const HookKind kind : {HookKind::Ln1PostScale, HookKind::Ln2PostScale})
                    points.push_back({kind, Layer(l)});
        }
        return points;
    }

    /// d (direction . value of `read` at `position`) / d (value of `from`), [T, d_model].
    at::Tensor gradient(const ActivationCache& clean, HookPoint from, HookPoint read,
        std::int64_t position, const at::Tensor& direction) const
    {
        const at::AutoGradMode grad(true);
        at::Tensor leaf = clean.at(from).clone().set_requires_grad(true);
        Hooks hooks;
        for (const HookPoint& point : held())
            hooks.on(point, [value = clean.at(point)](at::Tensor& now) { now = value; });
        hooks.on(from, [leaf](at::Tensor& now) { now = leaf; });
        at::Tensor seen;
        hooks.on(read, [&seen](at::Tensor& now) { seen = now; });
        if (!model->forward(idsTensor(ids), hooks))
            throw std::runtime_error("the run failed");
        (seen[0][position] * direction).sum().backward();
        return leaf.grad()[0];
    }

    std::shared_ptr<const Transformer> model;
    Dictionaries saes;
    std::vector<TokenId> ids;
};

TEST_P(ResidualSaeGraph, EveryEdgeIsTheDerivativeOfTheModelBetweenTwoSaes)
{
    const at::NoGradGuard noGrad;
    const auto replacement = buildReplacementModel(model, saes, ids);
    ASSERT_TRUE(replacement) << replacement.error().message;
    const auto matrix = attribute(*replacement);
    ASSERT_TRUE(matrix) << matrix.error().message;
    EXPECT_NE(matrix->method.find("residual SAEs"), std::string::npos);
    const ActivationCache clean = cleanRun();
    const HookPoint embed{HookKind::Embed, Layer()};
    const auto hookOf = [&](Layer layer) -> const Dictionary* {
        for (const auto& sae : saes)
            if (sae->config().hookIn.layer == layer)
                return sae.get();
        return nullptr;
    };
    const auto row
        = [](const at::Tensor& matrix, FeatureId feature) { return matrix[feature.value]; };
    double largest = 0.0;
    int compared = 0;
    for (std::int64_t t = 0; t < matrix->size(); ++t) {
        const GraphNode target = matrix->node(t);
        if (target.kind == NodeKind::Error || target.kind == NodeKind::Token
            || (target.kind == NodeKind::Feature && t % 3 != 0)) // A third is plenty.
            continue;
        HookPoint read{HookKind::FinalNormalized, Layer()};
        at::Tensor direction;
        const Dictionary* sae = hookOf(target.layer);
        if (target.kind == NodeKind::Feature) {
            read = sae->config().hookIn;
            direction = row(sae->W_enc(), target.feature);
        } else {
            const at::Tensor W_U = model->weights().W_U.values();
            direction = W_U[target.token.value] - W_U.mean(0);
            // hook_normalized of an RMSNorm is before the gain, of a LayerNorm after it.
            if (model->config().norm == NormKind::RmsNorm)
                direction = direction * model->weights().final.gain;
        }
        // The nearest SAE below cuts everything off that lies behind it.
        const Dictionary* below = nullptr;
        const auto depth = [](HookPoint hook) {
            return 2 * hook.layer.value + (hook.kind == HookKind::ResidPost ? 2 : 0);
        };
        for (const auto& one : saes)
            if ((target.kind == NodeKind::Logit || depth(one->config().hookIn) < depth(read))
                && (!below || depth(one->config().hookIn) > depth(below->config().hookIn)))
                below = one.get();
        const at::Tensor arrived = gradient(
            clean, below ? below->config().hookIn : embed, read, target.position.value, direction);
        for (std::int64_t s = 0; s < matrix->firstLogit(); ++s) {
            const GraphNode source = matrix->node(s);
            at::Tensor written;
            if (!below && source.kind == NodeKind::Token)
                written = clean.at(embed)[0][source.position.value];
            else if (below && source.layer == below->config().hookIn.layer
                && source.kind == NodeKind::Feature)
                written = row(below->W_dec(), source.feature) * source.activation;
            else if (below && source.layer == below->config().hookIn.layer
                && source.kind == NodeKind::Error && source.position.value > 0) {
                const at::Tensor x = clean.at(below->config().hookIn)[0];
                written = (x - below->reconstruct(x))[source.position.value];
            }
            const double expected = written.defined()
                ? at::dot(arrived[source.position.value], written).item<double>()
                : 0.0;
            const double edge = matrix->row(t)[static_cast<std::size_t>(s)];
            ASSERT_NEAR(edge, expected, 2e-5 + 1e-5 * std::abs(expected))
                << "target " << t << " source " << s;
            largest = std::max(largest, std::abs(expected));
            ++compared;
        }
    }
    EXPECT_GT(largest, 0.05);
    EXPECT_GT(compared, 500);
    EXPECT_TRUE(computeInfluence(*matrix)); // No cycles.
}

TEST_P(ResidualSaeGraph, TranscodersAndSaesDoNotMix)
{
    DictionaryConfig config = saes.front()->config();
    config.isTranscoder = true;
    config.hookIn = {HookKind::MlpIn, Layer(0)};
    config.hookOut = {HookKind::MlpOut, Layer(0)};
    config.applyBDecToInput = false;
    const Dictionary& d = *saes.front();
    const auto transcoder = Dictionary::create(
        config, {d.W_enc(), d.b_enc(), d.W_dec(), d.b_dec(), d.threshold(), {}});
    ASSERT_TRUE(transcoder);
    const auto mixed = buildReplacementModel(model, {saes.front(), *transcoder}, ids);
    ASSERT_FALSE(mixed);
    EXPECT_NE(mixed.error().message.find("hook_resid_post alone"), std::string::npos);
    const auto twice = buildReplacementModel(model, {saes.front(), saes.front()}, ids);
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().message.find("both replace the residual stream"), std::string::npos);
}

HookPoint post(int layer)
{
    return {HookKind::ResidPost, Layer(layer)};
}
HookPoint pre(int layer)
{
    return {HookKind::ResidPre, Layer(layer)};
}

INSTANTIATE_TEST_SUITE_P(Shapes, ResidualSaeGraph,
    testing::Values(SaePlaces{"Gpt2", "gpt2", {post(0), post(1)}},
        SaePlaces{"Gpt2OneLayer", "gpt2", {post(0)}},
        SaePlaces{"LlamaPre", "llama", {pre(0), pre(1)}},
        SaePlaces{"LlamaBoth", "llama", {pre(0), post(1)}},
        SaePlaces{"NeoX", "gpt_neox", {post(0), post(1)}},
        SaePlaces{"Gemma2", "gemma2", {post(0), post(1)}}, SaePlaces{"Qwen3", "qwen3", {pre(1)}}),
    [](const auto& info) { return std::string(info.param.name); });

} // namespace
