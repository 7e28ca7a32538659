// Not part of the usual run: --gtest_also_run_disabled_tests --gtest_filter='AttributionSpeed*'
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"

#include <chrono>
#include <cstdio>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;

/// GPT-2-small's shape, ten tokens, fifty active features a token and layer: 5,400 features.
TEST(AttributionSpeed, DISABLED_GptSmallShape)
{
    at::set_num_threads(2);
    ModelConfig config;
    config.modelType = "gpt2";
    config.name = "speed";
    config.n_layers = 12;
    config.d_model = 768;
    config.n_heads = config.n_key_value_heads = 12;
    config.d_head = 64;
    config.d_mlp = 3072;
    config.d_vocab = 2000;
    config.n_ctx = 64;
    config.norm = NormKind::LayerNorm;
    config.activation = MlpActivation::GeluNew;
    config.isGated = false;
    config.hasRotary = false;
    config.isTied = true;
    config.hasAttentionBias = config.hasMlpBias = true;
    const auto model = Transformer::create(config, 1);
    Dictionaries transcoders;
    for (int layer = 0; layer < config.n_layers; ++layer) {
        DictionaryConfig d;
        d.name = fmt::format("layer_{}", layer);
        d.architecture = "topk";
        d.isTranscoder = true;
        d.d_in = d.d_out = 768;
        d.d_sae = 2048;
        d.hookIn = {HookKind::MlpIn, Layer(layer)};
        d.hookOut = {HookKind::MlpOut, Layer(layer)};
        d.activation = FeatureActivation::TopK;
        d.k = 50;
        transcoders.push_back(*Dictionary::create(d, {at::randn({2048, 768}) * 0.03, at::zeros({2048}), at::randn({2048, 768}) * 0.03,
                                                      at::zeros({768}), {}, {}}));
    }
    std::vector<TokenId> ids;
    for (int i = 0; i < 10; ++i)
        ids.emplace_back(1 + 37 * i);
    const auto now = [] { return std::chrono::steady_clock::now(); };
    const auto seconds = [](auto a, auto b) { return std::chrono::duration<double>(b - a).count(); };
    const auto start = now();
    auto matrix = attribute(model, transcoders, ids);
    const auto traced = now();
    ASSERT_TRUE(matrix) << matrix.error().message;
    EXPECT_GE(matrix->features.size(), 5000u);
    const auto graph = analyzeGraph(std::move(*matrix));
    const auto analyzed = now();
    const AttributionGraph picture = buildGraph(*graph, 0.8, 0.98, {});
    std::printf("%lld nodes: trace %.2f s, influence and scores %.3f s, prune to %zu nodes and %zu edges %.3f s\n",
                static_cast<long long>(graph->matrix.size()), seconds(start, traced), seconds(traced, analyzed),
                picture.nodes.size(), picture.edges.size(), seconds(analyzed, now()));
}

} // namespace
