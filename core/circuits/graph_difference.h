#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace core {

/// Two graphs as one, for prompts of similar wording. Tokens are aligned by their longest common
/// subsequence; what stands between two shared tokens faces each other from its end, where a name
/// of several tokens is complete. A node of one graph is the same as one of the other when kind,
/// layer, aligned position and feature (or token) agree; tokens and error nodes by place alone.
struct GraphDifference {
    /// Columns are the aligned positions ("Dallas | Oakland" where the tokens differ); an edge's
    /// weight is second - first, strongest first.
    AttributionGraph graph;
    struct Side {
        float activation = 0, influence = 0;
    };
    std::vector<std::pair<Side, Side>> nodes; ///< One for each of `graph.nodes`.
    std::vector<std::pair<float, float>> weights; ///< One for each of `graph.edges`.
};

GraphDifference differenceOf(const AttributionGraph& first, const AttributionGraph& second);

/// Columns of an alignment: positions of both prompts, -1 where one has none.
std::vector<std::pair<int, int>> alignTokens(
    const std::vector<std::string>& first, const std::vector<std::string>& second);

} // namespace core
