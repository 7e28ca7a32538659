#pragma once

#include "core/api/attribution_graph.h"

#include <memory>
#include <string_view>

namespace core {

/// How well the pinned features of a (pruned) graph explain its logits alone.
struct SubgraphScore {
    int pinnedFeatures = 0;
    double replacement = 0, completeness = 0, errorShare = 0;
};

/// How much the pinned features explain alone.
struct ScoreSubgraphRequest {
    using Answer = SubgraphScore;
    static constexpr std::string_view kName = "subgraph";

    std::shared_ptr<const AttributionGraph> graph;
};

} // namespace core
