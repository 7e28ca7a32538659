#include "core/circuits/subgraph_scores.h"

#include "core/circuits/influence.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace core {

namespace {

constexpr std::int64_t kMostScoredNodes = 12'000; ///< 0.6 GB of matrix.

} // namespace

Result<GraphMatrix> matrixOf(const AttributionGraph& graph, ScoredFeatures features)
{
    GraphMatrix matrix;
    matrix.n_layers = std::max(graph.nLayers, 0);
    auto positions = static_cast<std::int64_t>(graph.promptTokens.size());
    std::vector<std::size_t> order(graph.nodes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const GraphNode &x = graph.nodes[a], &y = graph.nodes[b];
        return std::tuple(-x.probability, x.layer, x.position, x.feature)
            < std::tuple(-y.probability, y.layer, y.position, y.feature);
    });
    std::vector<std::int64_t> rank(
        graph.nodes.size(), -1); // Among the features, or among the logits.
    for (const std::size_t i : order) {
        const GraphNode& node = graph.nodes[i];
        positions = std::max<std::int64_t>(positions, node.position.value + 1);
        if (node.kind == NodeKind::Logit) {
            rank[i] = static_cast<std::int64_t>(matrix.logits.size());
            matrix.logits.push_back({node.token, node.probability});
        } else if (node.kind == NodeKind::Feature
            && (features == ScoredFeatures::All || node.isPinned)) {
            rank[i] = static_cast<std::int64_t>(matrix.features.size());
            matrix.features.push_back({{node.layer, node.position, node.feature}, node.activation});
        }
        if (node.kind != NodeKind::Logit)
            matrix.n_layers = std::max(matrix.n_layers, node.layer.value + 1);
    }
    const std::int64_t errors = matrix.n_layers * positions;
    if (errors + positions + static_cast<std::int64_t>(graph.nodes.size()) > kMostScoredNodes)
        return fail(Error::Code::Unsupported,
            "The graph has too many layers, positions or nodes to compute its scores.");
    matrix.tokens.assign(static_cast<std::size_t>(positions), TokenId());

    std::set<std::pair<Layer, Position>> errorPlaces;
    for (const GraphNode& node : graph.nodes)
        if (node.kind == NodeKind::Error)
            errorPlaces.emplace(node.layer, node.position);
    const auto indexOf = [&](std::size_t i) -> std::int64_t {
        const GraphNode& node = graph.nodes[i];
        if (node.kind == NodeKind::Token)
            return matrix.firstToken() + node.position.value;
        if (node.kind == NodeKind::Logit)
            return matrix.firstLogit() + rank[i];
        if (node.kind == NodeKind::Feature && rank[i] >= 0)
            return rank[i];
        return matrix.firstError() + node.layer.value * positions + node.position.value;
    };
    const std::int64_t n = matrix.size();
    matrix.adjacency.assign(static_cast<std::size_t>(n * n), 0.0f);
    for (const GraphEdge& edge : graph.edges) {
        const auto target = static_cast<std::size_t>(edge.target),
                   source = static_cast<std::size_t>(edge.source);
        if (graph.nodes[target].kind == NodeKind::Feature && rank[target] < 0)
            continue; // Joined an error, which has no inputs.
        if (graph.nodes[source].kind == NodeKind::Feature && rank[source] < 0
            && !errorPlaces.contains({graph.nodes[source].layer, graph.nodes[source].position}))
            continue; // Neuronpedia leaves it out where the graph has no error to join.
        matrix.adjacency[static_cast<std::size_t>(indexOf(target) * n + indexOf(source))]
            += edge.weight;
    }
    return matrix;
}

Result<GraphScores> subgraphScores(const AttributionGraph& graph, ScoredFeatures features)
{
    const Result<GraphMatrix> matrix = matrixOf(graph, features);
    if (!matrix)
        return fail(matrix.error());
    const Result<Influence> influence = computeInfluence(*matrix);
    if (!influence)
        return fail(influence.error());
    return graphScores(*matrix, *influence);
}

} // namespace core
