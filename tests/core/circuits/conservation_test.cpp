// Attribution without anybody's reference: on fresh random models the edges into a target must add
// up to what the target receives, and each edge must be what autograd says about the frozen model.
#include "core/circuits/attribution.h"
#include "core/circuits/edge_rows.h"
#include "core/circuits/frozen_attention.h"
#include "core/model/activation_cache.h"
#include "core/model/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;

struct TinySetup {
    std::shared_ptr<const Transformer> model;
    Dictionaries transcoders;
    std::vector<TokenId> ids;
};

TinySetup makeTiny(const std::string& type, HookKind read, bool hasSkip, bool isTopK,
    HookKind write = HookKind::MlpOut)
{
    ModelConfig config;
    config.modelType = type;
    config.name = "tiny";
    config.n_layers = 3;
    config.d_model = 16;
    config.n_heads = 4;
    config.n_key_value_heads = type == "llama" ? 2 : 4;
    config.d_head = 4;
    config.d_mlp = 40;
    config.d_vocab = 50;
    config.n_ctx = 32;
    if (type == "gpt_neox") {
        config.norm = NormKind::LayerNorm;
        config.activation = MlpActivation::Gelu;
        config.isGated = false;
        config.isParallel = true;
        config.rotaryDims = 2;
        config.hasAttentionBias = config.hasOutputBias = config.hasMlpBias = true;
    }
    if (type == "gemma2") {
        config.n_key_value_heads = 2;
        config.hasPostNorms = config.scalesEmbedding = config.isTied = true;
        config.windows = {3, 0, 3};
        config.attentionSoftcap = 5.0;
        config.finalSoftcap = 6.0;
    }
    if (type == "gpt2") {
        config.norm = NormKind::LayerNorm;
        config.activation = MlpActivation::GeluNew;
        config.isGated = false;
        config.hasRotary = false;
        config.isTied = true;
        config.hasAttentionBias = config.hasOutputBias = config.hasMlpBias = true;
    }
    TinySetup tiny;
    const auto model = Transformer::create(config, 7);
    at::manual_seed(11);
    for (const auto& [name, weight] : model->namedWeights()) {
        at::Tensor data = weight.detach();
        data.copy_(data + at::randn_like(data) * 0.25);
    }
    tiny.model = model;
    for (int layer = 0; layer < config.n_layers; ++layer) {
        DictionaryConfig d;
        d.name = fmt::format("t{}", layer);
        d.architecture = "transcoder";
        d.isTranscoder = true;
        d.d_in = d.d_out = config.d_model;
        d.d_sae = 24;
        d.hookIn = {read, Layer(layer)};
        d.hookOut = {write, Layer(layer)};
        if (isTopK) {
            d.activation = FeatureActivation::TopK;
            d.k = 5;
            d.rescaleByDecoderNorm = true;
        }
        Dictionary::Weights w{at::randn({24, 16}) * 0.5, at::randn({24}) * 0.2,
            at::randn({24, 16}) * 0.4, at::randn({16}) * 0.3, {},
            hasSkip ? at::randn({16, 16}) * 0.2 : at::Tensor()};
        tiny.transcoders.push_back(*Dictionary::create(d, w));
    }
    for (const int id : {1, 20, 33, 5, 20, 44, 17})
        tiny.ids.emplace_back(id);
    return tiny;
}

/// The local replacement model written forwards in double precision: residual streams from token,
/// feature and error vectors with frozen patterns and scales; answers pre-activations of given
/// features and demeaned logits.
class FrozenForward {
public:
    FrozenForward(const ReplacementModel& replacement)
        : m_r(replacement)
    {
    }

    /// Sources switched on by `gate` [columns]; biases left out, as they belong to no node.
    std::vector<double> run(const at::Tensor& gate, const std::vector<TokenId>& logits) const
    {
        const auto T = static_cast<std::int64_t>(m_r.ids.size());
        const auto L = static_cast<std::int64_t>(m_r.layers.size());
        const std::int64_t F = m_r.activeFeatures();
        const auto& weights = m_r.model->weights();
        const auto& config = m_r.model->config();
        at::Tensor x = d(m_r.tokenVectors) * gate.narrow(0, F + L * T, T).unsqueeze(1);
        std::vector<double> targets;
        std::int64_t first = 0;
        for (std::int64_t l = 0; l < L; ++l) {
            const ReplacementLayer& layer = m_r.layers[static_cast<std::size_t>(l)];
            const BlockWeights& block = weights.blocks[static_cast<std::size_t>(l)];
            const at::Tensor v = at::mm(norm(x, block.ln1, layer.scale1),
                d(valueProjection(block.attention, config).matrix()));
            at::Tensor attention = at::zeros_like(x);
            const std::int64_t groups = config.n_heads / config.n_key_value_heads;
            for (std::int64_t h = 0; h < config.n_heads; ++h) {
                const at::Tensor z = at::mm(
                    d(layer.pattern[h]), v.narrow(1, (h / groups) * config.d_head, config.d_head));
                attention = attention
                    + at::mm(z,
                        d(block.attention.o.matrix()).narrow(0, h * config.d_head, config.d_head));
            }
            if (config.hasPostNorms)
                attention = norm(attention, block.ln1Post, layer.postScale1);
            at::Tensor read = config.isParallel ? x : x + attention;
            x = x + attention;
            const HookKind in = layer.dictionary->config().hookIn.kind;
            if (in == HookKind::MlpIn
                || (in == HookKind::Ln2Normalized && config.norm == NormKind::LayerNorm))
                read = norm(read, block.ln2, layer.scale2);
            else if (in == HookKind::Ln2Normalized)
                read = read / d(layer.scale2);
            at::Tensor out = d(layer.errors) * gate.narrow(0, F + l * T, T).unsqueeze(1);
            const at::Tensor norms = at::norm(d(layer.dictionary->W_dec()), 2, {1});
            const bool isScaled = layer.dictionary->config().rescaleByDecoderNorm;
            for (std::int64_t i = 0; i < layer.active.size(0); ++i) {
                const auto position = layer.active[i][0].item<std::int64_t>(),
                           feature = layer.active[i][1].item<std::int64_t>();
                const double n = isScaled ? norms[feature].item<double>() : 1.0;
                targets.push_back(
                    at::dot(read[position], d(layer.dictionary->W_enc()[feature])).item<double>()
                    * n);
                out[position] += d(layer.dictionary->W_dec()[feature])
                    * layer.activations[i].item<double>() / n * gate[first + i];
            }
            first += layer.active.size(0);
            if (layer.dictionary->W_skip().defined())
                out = out + at::mm(read, d(layer.dictionary->W_skip()).t());
            if (layer.dictionary->config().hookOut.kind == HookKind::MlpRawOut
                && config.hasPostNorms)
                out = norm(out, block.ln2Post, layer.postScale2);
            x = x + out;
        }
        const at::Tensor last = norm(x, weights.final, m_r.finalScale)[T - 1];
        const at::Tensor W_U = d(weights.W_U.weight);
        for (const TokenId token : logits)
            targets.push_back(at::dot(last, W_U[token.value] - W_U.mean(0)).item<double>());
        return targets;
    }

private:
    static at::Tensor d(const at::Tensor& t) { return t.detach().to(at::kDouble); }
    at::Tensor centred(const at::Tensor& x) const
    {
        return m_r.model->config().norm == NormKind::LayerNorm ? x - x.mean(-1, true) : x;
    }
    at::Tensor norm(const at::Tensor& x, const Norm& n, const at::Tensor& scale) const
    {
        return centred(x) / d(scale) * d(n.gain);
    }

    const ReplacementModel& m_r;
};

struct FrozenShape {
    const char* name;
    const char* type;
    HookKind read;
    bool hasSkip, isTopK;
    HookKind write = HookKind::MlpOut;
};

class FrozenModel : public testing::TestWithParam<FrozenShape> { };

/// Finite differences: the frozen model is linear, so switching one source off changes each target
/// by its edge.
TEST_P(FrozenModel, EveryEdgeIsTheChangeFromRemovingItsSource)
{
    const FrozenShape& shape = GetParam();
    const TinySetup tiny
        = makeTiny(shape.type, shape.read, shape.hasSkip, shape.isTopK, shape.write);
    const auto replacement = buildReplacementModel(tiny.model, tiny.transcoders, tiny.ids);
    ASSERT_TRUE(replacement) << replacement.error().message;
    const auto matrix = attribute(*replacement);
    ASSERT_TRUE(matrix) << matrix.error().message;
    std::vector<TokenId> logits;
    for (const GraphLogit& logit : matrix->logits)
        logits.push_back(logit.token);
    const FrozenForward forward(*replacement);
    const at::Tensor all = at::ones({matrix->firstLogit()}, at::kDouble);
    const std::vector<double> whole = forward.run(all, logits);
    ASSERT_EQ(
        static_cast<std::int64_t>(whole.size()), matrix->firstError() + std::ssize(matrix->logits));
    const auto targetNode = [&](std::size_t i) {
        const auto t = static_cast<std::int64_t>(i);
        return t < matrix->firstError() ? t : t - matrix->firstError() + matrix->firstLogit();
    };
    double largest = 0.0;
    for (std::int64_t s = 0; s < matrix->firstLogit(); ++s) {
        at::Tensor gate = all.clone();
        gate[s] = 0.0;
        const std::vector<double> without = forward.run(gate, logits);
        for (std::size_t i = 0; i < whole.size(); ++i) {
            const double edge = matrix->row(targetNode(i))[static_cast<std::size_t>(s)];
            ASSERT_NEAR(edge, whole[i] - without[i], 2e-5) << "source " << s << " target " << i;
            largest = std::max(largest, std::abs(edge));
        }
    }
    EXPECT_GT(largest, 0.1); // The comparison is of something.
    for (std::size_t i = 0; i < whole.size(); ++i) { // Conservation.
        double sum = 0.0;
        for (const float edge : matrix->row(targetNode(i)))
            sum += edge;
        EXPECT_NEAR(sum, whole[i], 1e-4);
    }
}

TEST_P(FrozenModel, NothingFlowsBackInTimeOrFromAZeroedPosition)
{
    const FrozenShape& shape = GetParam();
    const TinySetup tiny
        = makeTiny(shape.type, shape.read, shape.hasSkip, shape.isTopK, shape.write);
    const auto matrix = attribute(tiny.model, tiny.transcoders, tiny.ids);
    ASSERT_TRUE(matrix);
    for (std::int64_t t = 0; t < matrix->size(); ++t) {
        const GraphNode target = matrix->node(t);
        EXPECT_FALSE(target.kind == NodeKind::Feature && target.position.value == 0);
        for (std::int64_t s = 0; s < matrix->size(); ++s) {
            const float edge = matrix->row(t)[static_cast<std::size_t>(s)];
            const GraphNode source = matrix->node(s);
            if (target.kind == NodeKind::Error || target.kind == NodeKind::Token
                || source.position > target.position || source.layer >= target.layer
                || (source.kind == NodeKind::Error && source.position.value == 0)) {
                ASSERT_EQ(edge, 0.0f) << t << " from " << s;
            }
        }
    }
}

TEST_P(FrozenModel, GradientsAgreeWithAutograd)
{
    const FrozenShape& shape = GetParam();
    const TinySetup tiny
        = makeTiny(shape.type, shape.read, shape.hasSkip, shape.isTopK, shape.write);
    const auto replacement = buildReplacementModel(tiny.model, tiny.transcoders, tiny.ids);
    ASSERT_TRUE(replacement);
    const auto T = static_cast<std::int64_t>(tiny.ids.size());
    const ModelConfig& config = tiny.model->config();
    for (int layer = 0; layer < config.n_layers; ++layer) {
        const ReplacementLayer& frozen = replacement->layers[static_cast<std::size_t>(layer)];
        at::Tensor input = at::randn({1, T, config.d_model});
        input.set_requires_grad(true);
        Hooks hooks; // Run the model itself with pattern and scale held, from this block's input to
                     // its attention output.
        hooks.on({HookKind::ResidPre, Layer(layer)}, [&](at::Tensor& value) { value = input; });
        hooks.on({HookKind::Ln1Scale, Layer(layer)},
            [&](at::Tensor& value) { value = frozen.scale1.unsqueeze(0); });
        hooks.on({HookKind::Pattern, Layer(layer)},
            [&](at::Tensor& value) { value = frozen.pattern.unsqueeze(0); });
        if (frozen.postScale1.defined())
            hooks.on({HookKind::Ln1PostScale, Layer(layer)},
                [&](at::Tensor& value) { value = frozen.postScale1.unsqueeze(0); });
        at::Tensor attention;
        hooks.on({HookKind::AttnOut, Layer(layer)}, [&](at::Tensor& value) { attention = value; });
        ASSERT_TRUE(tiny.model->forward(idsTensor(tiny.ids), hooks));
        const at::Tensor direction = at::randn({1, T, config.d_model});
        (attention * direction).sum().backward();
        const at::Tensor mine = FrozenAttention(*replacement, layer, T).through(direction);
        EXPECT_LT((mine - input.grad()).abs().max().item<double>(), 1e-5) << "layer " << layer;
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, FrozenModel,
    testing::Values(FrozenShape{"Gpt2ResidMid", "gpt2", HookKind::ResidMid, false, false},
        FrozenShape{"Gpt2Normalized", "gpt2", HookKind::Ln2Normalized, true, false},
        FrozenShape{"Gpt2MlpIn", "gpt2", HookKind::MlpIn, false, false},
        FrozenShape{"LlamaSkip", "llama", HookKind::MlpIn, true, false},
        FrozenShape{"LlamaTopK", "llama", HookKind::Ln2Normalized, false, true},
        FrozenShape{"ParallelNeoX", "gpt_neox", HookKind::Ln2Normalized, true, false},
        FrozenShape{"GemmaAdded", "gemma2", HookKind::ResidMid, false, false},
        FrozenShape{"GemmaRaw", "gemma2", HookKind::MlpIn, true, false, HookKind::MlpRawOut}),
    [](const auto& info) { return std::string(info.param.name); });

} // namespace
