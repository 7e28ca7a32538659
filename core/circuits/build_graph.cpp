#include "core/circuits/build_graph.h"

#include "core/circuits/graph_layout.h"
#include "core/circuits/pruning.h"

#include <algorithm>
#include <cmath>
#include <tuple>
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

AttributionGraph buildGraph(const TracedGraph& traced, double nodeThreshold, double edgeThreshold, const NodeLabel& label)
{
    const Pruned pruned = pruneGraph(traced.matrix, traced.influence, nodeThreshold, edgeThreshold);
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
    graph.edges = pruned.edges;
    for (GraphEdge& edge : graph.edges) {
        edge.source = placeOf[static_cast<std::size_t>(edge.source)];
        edge.target = placeOf[static_cast<std::size_t>(edge.target)];
    }
    std::sort(graph.edges.begin(), graph.edges.end(), [](const GraphEdge& a, const GraphEdge& b) {
        return std::tuple(-std::fabs(a.weight), a.target, a.source) < std::tuple(-std::fabs(b.weight), b.target, b.source);
    });
    layOutGraph(graph);
    return graph;
}

} // namespace core
