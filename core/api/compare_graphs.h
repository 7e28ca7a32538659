#pragma once

#include "core/api/attribution_graph.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Two graphs as one: columns are aligned tokens, nodes and edges of either.
struct GraphComparison {
    /// `GraphNode::side` says where a node stands; an edge's weight is second - first.
    AttributionGraph graph;
    struct Node {
        float firstActivation = 0, secondActivation = 0;
        float firstInfluence = 0, secondInfluence = 0; ///< Raw influence; 0 where it is absent.
    };
    std::vector<Node> nodes; ///< One for each of `graph.nodes`.
    struct Edge {
        float first = 0, second = 0;
    };
    std::vector<Edge> edges; ///< One for each of `graph.edges`.
    std::string firstPrompt, secondPrompt;
    int nodesInBoth = 0, nodesInFirst = 0, nodesInSecond = 0;
};

struct CompareGraphsRequest {
    using Answer = GraphComparison;
    static constexpr std::string_view kName = "compare";

    std::shared_ptr<const AttributionGraph> first, second;
};

} // namespace core
