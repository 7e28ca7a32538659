// Influence, pruning and scores against circuit-tracer's own functions on random graphs.
#include "core/circuits/influence.h"
#include "core/circuits/pruning.h"
#include "core/circuits/scores.h"
#include "tests/core/circuits/oracle_tensors.h"
#include "tests/support/fixtures.h"

#include <numeric>
#include <random>

#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;
using tests::expectNear;

GraphMatrix matrixFrom(const std::vector<double>& adjacency, const std::vector<double>& features,
    const std::vector<double>& probabilities, int n_layers, int n_tokens)
{
    GraphMatrix matrix;
    matrix.n_layers = n_layers;
    matrix.tokens.assign(static_cast<std::size_t>(n_tokens), TokenId(1));
    matrix.features = tests::featuresFrom(features);
    for (const double p : probabilities)
        matrix.logits.push_back({TokenId(0), p});
    matrix.adjacency.assign(adjacency.begin(), adjacency.end());
    return matrix;
}

std::vector<double> edgeMask(const Pruned& pruned, std::size_t n)
{
    std::vector<double> mask(n * n, 0.0);
    for (const GraphEdge& edge : pruned.edges)
        mask[static_cast<std::size_t>(edge.target) * n + static_cast<std::size_t>(edge.source)]
            = 1.0;
    return mask;
}

TEST(GraphFunctions, AgreeWithCircuitTracerOnRandomGraphs)
{
    REQUIRE_SHARED_FIXTURE("oracles/graphs/pure-random/expected.safetensors");
    const auto folder = tests::sharedFixture("oracles/graphs/pure-random");
    const tests::OracleTensors expected(folder / "expected.safetensors");
    int checked = 0;
    for (const auto& graph : tests::oracleJson(folder / "expected.json")) {
        const std::string name = graph["name"];
        SCOPED_TRACE(name);
        const GraphMatrix matrix
            = matrixFrom(expected[name + ".adjacency_matrix"], expected[name + ".active_features"],
                expected[name + ".logit_probabilities"], graph["n_layers"], graph["n_tokens"]);
        const auto n = static_cast<std::size_t>(matrix.size());
        ASSERT_EQ(matrix.adjacency.size(), n * n);
        const auto influence = computeInfluence(matrix);
        ASSERT_TRUE(influence) << influence.error().message;
        expectNear(influence->influence, expected[name + ".node_influence"], 1e-6, "influence");
        expectNear(
            influence->cumulative, expected[name + ".cumulative_scores"], 1e-6, "cumulative");
        const GraphScores scores = graphScores(matrix, *influence);
        EXPECT_NEAR(scores.replacement, graph["replacement_score"].get<double>(), 1e-6);
        EXPECT_NEAR(scores.completeness, graph["completeness_score"].get<double>(), 1e-6);
        EXPECT_NEAR(scores.errorShare, 1.0 - scores.replacement, 1e-12);

        std::vector<std::int64_t> allRows(n);
        std::iota(allRows.begin(), allRows.end(), 0);
        const std::vector<double> partial
            = partialInfluence(matrix.adjacency, allRows, matrix.size(), matrix.logitWeights());
        expectNear(partial, expected[name + ".partial_influences"], 1e-6, "partial influence");

        // Edge scores without pruning: the row-normalised edge times the target's influence.
        const std::vector<double> weights = matrix.logitWeights();
        std::vector<double> scoresOfEdges(n * n, 0.0);
        for (std::size_t t = 0; t < n; ++t)
            for (std::size_t s = 0; s < n; ++s)
                scoresOfEdges[t * n + s]
                    = std::abs(static_cast<double>(matrix.adjacency[t * n + s]))
                    / std::max(influence->rowSums[t], 1e-10)
                    * (influence->influence[t] + weights[t]);
        expectNear(scoresOfEdges, expected[name + ".edge_scores_unpruned"], 1e-6, "edge scores");

        for (const auto& prune : graph["prune"]) {
            const double node = prune["node_threshold"], edge = prune["edge_threshold"];
            const std::string key = fmt::format("{}.prune_{}_{}", name, node, edge);
            const Pruned pruned = pruneGraph(matrix, *influence, node, edge);
            expectNear({pruned.isKept.begin(), pruned.isKept.end()}, expected[key + ".node_mask"],
                0, key + " nodes");
            expectNear(edgeMask(pruned, n), expected[key + ".edge_mask"], 0, key + " edges");
            EXPECT_EQ(pruned.edges.size(), prune["n_edges"].get<std::size_t>()) << key;
            ++checked;
        }
    }
    EXPECT_EQ(checked, 24);
}

TEST(GraphFunctions, AgreeWithCircuitTracerOnSmallDanglingAndMediumGraphs)
{
    REQUIRE_SHARED_FIXTURE("formats/circuit-tracer-graph/small.json");
    for (const std::string name : {"small", "dangling", "medium"}) {
        SCOPED_TRACE(name);
        const auto json = tests::oracleJson(
            tests::sharedFixture("formats/circuit-tracer-graph/" + name + ".json"));
        std::vector<double> adjacency, features;
        for (const auto& row : json["adjacency"])
            for (const auto& value : row)
                adjacency.push_back(value);
        for (const auto& feature : json["features_layer_pos_idx"])
            for (const auto& value : feature)
                features.push_back(value);
        const GraphMatrix matrix = matrixFrom(
            adjacency, features, json["logit_probabilities"], json["n_layers"], json["n_pos"]);
        const auto influence = computeInfluence(matrix);
        ASSERT_TRUE(influence) << influence.error().message;
        expectNear(influence->influence, json["node_influence"], 1e-6, "influence");
        const GraphScores scores = graphScores(matrix, *influence);
        EXPECT_NEAR(scores.replacement,
            json["graph_scores(replacement,completeness)"][0].get<double>(), 1e-6);
        EXPECT_NEAR(scores.completeness,
            json["graph_scores(replacement,completeness)"][1].get<double>(), 1e-6);
        for (const auto& prune : json["prunes"]) {
            if (prune["node_threshold"] == 1.0)
                continue; // The reference depends on rounding there.
            const Pruned pruned
                = pruneGraph(matrix, *influence, prune["node_threshold"], prune["edge_threshold"]);
            expectNear(
                {pruned.isKept.begin(), pruned.isKept.end()}, prune["node_mask"], 0, "nodes");
            std::vector<std::vector<int>> edges;
            for (const GraphEdge& edge : pruned.edges)
                edges.push_back({edge.target, edge.source});
            std::sort(edges.begin(), edges.end());
            EXPECT_EQ(edges, prune["edges_kept_[dst,src]"].get<std::vector<std::vector<int>>>());
            expectNear(influence->cumulative, prune["cumulative_scores"], 2e-6, "cumulative");
        }
    }
}

GraphMatrix chain()
{
    // token 0 -> feature a -> feature b -> logit, and an error beside it.
    GraphMatrix matrix;
    matrix.n_layers = 2;
    matrix.tokens = {TokenId(7)};
    matrix.features = {
        {Layer(0), Position(0), FeatureId(3), 1.0f}, {Layer(1), Position(0), FeatureId(5), 2.0f}};
    matrix.logits = {{TokenId(9), 0.5}};
    matrix.adjacency.assign(36, 0.0f); // a b e0 e1 token logit
    matrix.adjacency[0 * 6 + 4] = 2.0f;
    matrix.adjacency[1 * 6 + 0] = -3.0f;
    matrix.adjacency[1 * 6 + 2] = 1.0f;
    matrix.adjacency[5 * 6 + 1] = 4.0f;
    return matrix;
}

TEST(GraphFunctions, ChainByHand)
{
    const auto influence = computeInfluence(chain());
    ASSERT_TRUE(influence);
    expectNear(influence->influence, {0.375, 0.5, 0.125, 0.0, 0.375, 0.0}, 1e-12, "influence");
    EXPECT_EQ(influence->edges, 4);
    const GraphScores scores = graphScores(chain(), *influence);
    EXPECT_NEAR(scores.replacement, 0.75, 1e-12);
    // a .375 + b .5 * 3/4 + e0 .125 + token .375 + logit .5, over 1.875
    EXPECT_NEAR(scores.completeness, (0.375 + 0.375 + 0.125 + 0.375 + 0.5) / 1.875, 1e-12);
}

TEST(GraphFunctions, PruningAtOneKeepsEverythingWithInfluence)
{
    const GraphMatrix matrix = chain();
    const auto influence = computeInfluence(matrix);
    const Pruned pruned = pruneGraph(matrix, *influence, 1.0, 1.0);
    EXPECT_EQ(pruned.edges.size(), 4u);
    EXPECT_EQ(std::vector<int>(pruned.isKept.begin(), pruned.isKept.end()),
        (std::vector<int>{1, 1, 1, 0, 1, 1}));
}

TEST(GraphFunctions, CycleAndInfinityAreRefused)
{
    GraphMatrix matrix = chain();
    matrix.adjacency[0 * 6 + 1] = 1.0f;
    const auto cyclic = computeInfluence(matrix);
    ASSERT_FALSE(cyclic);
    EXPECT_NE(cyclic.error().message.find("cycle"), std::string::npos);
    matrix = chain();
    matrix.adjacency[4] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(computeInfluence(matrix));
    matrix = chain();
    matrix.adjacency.pop_back();
    EXPECT_FALSE(computeInfluence(matrix));
}

TEST(GraphFunctions, GraphWithoutEdgesPrunesToTokensAndLogits)
{
    GraphMatrix matrix = chain();
    std::fill(matrix.adjacency.begin(), matrix.adjacency.end(), 0.0f);
    const auto influence = computeInfluence(matrix);
    ASSERT_TRUE(influence);
    const Pruned pruned = pruneGraph(matrix, *influence, 0.8, 0.98);
    EXPECT_TRUE(pruned.edges.empty());
    EXPECT_EQ(std::vector<int>(pruned.isKept.begin(), pruned.isKept.end()),
        (std::vector<int>{0, 0, 0, 0, 1, 1}));
    EXPECT_EQ(graphScores(matrix, *influence).replacement, 0.0);
}

TEST(ShareThreshold, SelectsAsASortDoes)
{
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        std::vector<double> values(1 + random() % 60);
        for (double& value : values)
            value = static_cast<double>(random() % 12); // Many ties, some zeros.
        std::vector<double> sorted = values;
        std::sort(sorted.rbegin(), sorted.rend());
        const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
        if (total == 0.0)
            continue;
        const double share = 0.05 + 0.9 * static_cast<double>(random() % 1000) / 1000.0;
        double sum = 0.0, expected = sorted.back();
        for (const double value : sorted)
            if ((sum += value) >= share * total) {
                expected = value;
                break;
            }
        EXPECT_EQ(shareThreshold(values, share), expected) << "round " << round;
    }
}

} // namespace
