#include "core/circuits/build_graph.h"

#include "core/circuits/graph_layout.h"
#include "core/circuits/pruning.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace core {

Result<TracedGraph> analyzeGraph(GraphMatrix matrix)
{
    Result<Influence> influence = computeInfluence(matrix);
    if (!influence)
        return fail(influence.error());
    TracedGraph traced;
    traced.scores = graphScores(matrix, *influence);
    traced.influence = std::move(*influence);
    traced.matrix = std::move(matrix);
    return traced;
}

namespace {

/// By |weight|, strongest first; equal ones keep their order. A radix sort, because a million edges
/// are sorted for every step of a slider.
std::vector<GraphEdge> strongestFirst(std::vector<GraphEdge> edges)
{
    constexpr std::uint32_t kDigit = 11, kDigits = 1u << kDigit;
    std::vector<GraphEdge> other(edges.size());
    const auto key = [](const GraphEdge& edge) {
        return ~std::bit_cast<std::uint32_t>(std::fabs(edge.weight));
    };
    for (std::uint32_t shift = 0; shift < 32; shift += kDigit) {
        std::vector<std::size_t> place(kDigits + 1, 0);
        for (const GraphEdge& edge : edges)
            ++place[((key(edge) >> shift) & (kDigits - 1)) + 1];
        std::partial_sum(place.begin(), place.end(), place.begin());
        for (const GraphEdge& edge : edges)
            other[place[(key(edge) >> shift) & (kDigits - 1)]++] = edge;
        edges.swap(other);
    }
    return edges;
}

} // namespace

AttributionGraph buildGraph(
    const TracedGraph& traced, double nodeThreshold, double edgeThreshold, const NodeLabel& label)
{
    Pruned pruned = pruneGraph(traced.matrix, traced.influence, nodeThreshold, edgeThreshold);
    AttributionGraph graph;
    graph.model = traced.model;
    graph.dictionaries = traced.matrix.dictionaries;
    graph.prompt = traced.prompt;
    graph.promptTokens = traced.promptTokens;
    graph.settings = traced.settings;
    graph.settings.nodeThreshold = nodeThreshold;
    graph.settings.edgeThreshold = edgeThreshold;
    graph.nLayers = traced.matrix.n_layers;
    graph.unprunedNodes = traced.matrix.size();
    graph.unprunedEdges = traced.influence.edges;
    graph.replacementScore = traced.scores.replacement;
    graph.completenessScore = traced.scores.completeness;
    graph.errorShare = traced.scores.errorShare;
    graph.errorShareByLayer = traced.scores.errorShareByLayer;
    graph.activeFeatures = traced.matrix.activeFeatures;
    graph.tracedFeatures = traced.matrix.firstError();
    graph.method = traced.matrix.method;
    graph.note = traced.note;
    graph.seconds = traced.seconds;

    std::vector<std::int32_t> placeOf(pruned.isKept.size(), -1);
    for (std::size_t i = 0; i < pruned.isKept.size(); ++i) {
        if (!pruned.isKept[i])
            continue;
        placeOf[i] = static_cast<std::int32_t>(graph.nodes.size());
        GraphNode node = traced.matrix.node(static_cast<std::int64_t>(i));
        node.rawInfluence = static_cast<float>(traced.influence.influence[i]);
        if (node.kind != NodeKind::Logit)
            node.influence = static_cast<float>(traced.influence.cumulative[i]);
        if (label && node.kind != NodeKind::Error)
            node.label = label(node);
        graph.nodes.push_back(std::move(node));
    }
    for (GraphEdge& edge : pruned.edges) {
        edge.source = placeOf[static_cast<std::size_t>(edge.source)];
        edge.target = placeOf[static_cast<std::size_t>(edge.target)];
    }
    graph.edges = strongestFirst(std::move(pruned.edges));
    layOutGraph(graph);
    return graph;
}

} // namespace core
