#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>
#include <string_view>

namespace core {

/// Prunes a traced graph anew.
struct PruneRequest {
    using Answer = AttributionGraph;
    static constexpr std::string_view kName = "prune";

    std::uint64_t graph = 0;
    double nodeThreshold = 0.8, edgeThreshold = 0.98;
};

} // namespace core
