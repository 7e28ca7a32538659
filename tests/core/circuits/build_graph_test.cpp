#include "core/circuits/build_graph.h"
#include "core/circuits/pruning.h"

#include <chrono>
#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;

/// A random layered graph with edges from every earlier layer at or before the target's position.
GraphMatrix randomMatrix(int n_layers, int n_positions, int featuresPerCell, unsigned seed)
{
    std::mt19937 random(seed);
    std::lognormal_distribution<float> weight(0.0f, 1.5f);
    GraphMatrix matrix;
    matrix.n_layers = n_layers;
    matrix.tokens.assign(static_cast<std::size_t>(n_positions), TokenId(4));
    for (int layer = 0; layer < n_layers; ++layer)
        for (int position = 1; position < n_positions; ++position)
            for (int i = 0; i < featuresPerCell; ++i)
                matrix.features.push_back({{Layer(layer), Position(position), FeatureId(i)}, 1.0f});
    for (int i = 0; i < 10; ++i)
        matrix.logits.push_back({TokenId(i), 0.3 / (i + 1)});
    for (int i = 0; i < n_layers; ++i)
        matrix.dictionaries.push_back(fmt::format("layer {}", i));
    const std::int64_t n = matrix.size();
    matrix.adjacency.assign(static_cast<std::size_t>(n * n), 0.0f);
    for (std::int64_t t = 0; t < n; ++t) {
        const GraphNode target = matrix.node(t);
        if (target.kind != NodeKind::Feature && target.kind != NodeKind::Logit)
            continue;
        for (std::int64_t s = 0; s < matrix.firstLogit(); ++s) {
            const GraphNode source = matrix.node(s);
            if (source.position <= target.position && source.layer < target.layer)
                matrix.adjacency[static_cast<std::size_t>(t * n + s)]
                    = (random() % 2 ? 1.0f : -1.0f) * weight(random);
        }
    }
    return matrix;
}

TEST(BuildGraph, KeepsWhatPruningKeepsAndCountsWhatIsHidden)
{
    auto traced = analyzeGraph(randomMatrix(4, 5, 6, 1));
    ASSERT_TRUE(traced) << traced.error().message;
    traced->prompt = "a prompt";
    const AttributionGraph graph = buildGraph(*traced, 0.7, 0.9, [](const GraphNode& node) {
        return node.kind == NodeKind::Feature ? fmt::format("f{}", node.feature.value)
                                              : std::string("token");
    });
    const Pruned pruned = pruneGraph(traced->matrix, traced->influence, 0.7, 0.9);
    EXPECT_EQ(graph.edges.size(), pruned.edges.size());
    EXPECT_EQ(static_cast<long>(graph.nodes.size()),
        std::count(pruned.isKept.begin(), pruned.isKept.end(), 1));
    EXPECT_LT(static_cast<std::int64_t>(graph.nodes.size()), graph.unprunedNodes);
    EXPECT_EQ(graph.unprunedNodes, traced->matrix.size());
    EXPECT_EQ(graph.unprunedEdges,
        std::count_if(traced->matrix.adjacency.begin(), traced->matrix.adjacency.end(),
            [](float w) { return w != 0.0f; }));
    EXPECT_EQ(graph.settings.nodeThreshold, 0.7);
    EXPECT_NEAR(graph.errorShare + graph.replacementScore, 1.0, 1e-9);
    for (std::size_t i = 1; i < graph.edges.size(); ++i)
        EXPECT_GE(std::fabs(graph.edges[i - 1].weight), std::fabs(graph.edges[i].weight));
    for (const GraphEdge& edge : graph.edges) {
        const GraphNode& source = graph.nodes.at(static_cast<std::size_t>(edge.source));
        const GraphNode& target = graph.nodes.at(static_cast<std::size_t>(edge.target));
        EXPECT_LT(source.y, target.y);
        EXPECT_LE(source.position, target.position);
    }
    for (const GraphNode& node : graph.nodes) {
        if (node.kind != NodeKind::Feature)
            continue;
        EXPECT_EQ(node.label, fmt::format("f{}", node.feature.value));
        EXPECT_EQ(node.dictionary, fmt::format("layer {}", node.layer.value));
    }
}

TEST(BuildGraph, HigherThresholdsContainLowerOnes)
{
    const auto traced = analyzeGraph(randomMatrix(3, 4, 5, 2));
    std::size_t nodes = 0;
    for (const double threshold : {0.3, 0.5, 0.7, 0.9, 1.0}) {
        const AttributionGraph graph = buildGraph(*traced, threshold, 0.98, {});
        EXPECT_GE(graph.nodes.size(), nodes);
        nodes = graph.nodes.size();
    }
}

TEST(BuildGraph, PrunesFiveThousandNodesAgainAtOnce)
{
    const auto traced = analyzeGraph(randomMatrix(12, 11, 41, 3));
    ASSERT_TRUE(traced);
    ASSERT_GE(traced->matrix.size(), 5000);
    for (const double threshold : {0.5, 0.8, 0.95}) {
        const auto start = std::chrono::steady_clock::now();
        const AttributionGraph graph = buildGraph(*traced, threshold, 0.98, {});
        const double ms
            = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                  .count();
        RecordProperty(fmt::format("ms at {}", threshold), std::to_string(ms));
        std::printf("prune %zu of %lld nodes, %zu edges: %.1f ms\n", graph.nodes.size(),
            static_cast<long long>(graph.unprunedNodes), graph.edges.size(), ms);
        EXPECT_LT(ms, 1000.0); // Budget 100 ms; ten times as long would be a bug on any machine.
    }
}

} // namespace
