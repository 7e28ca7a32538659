#pragma once

#include "core/api/attribution_graph.h"

#include <memory>
#include <string_view>
#include <vector>

namespace core {

/// From the most probable logit always to the strongest input that raises it and is not an error:
/// indices into the graph's nodes.
struct StrongestPathRequest {
    using Answer = std::vector<int>;
    static constexpr std::string_view kName = "strongest-path";

    std::shared_ptr<const AttributionGraph> graph;
};

} // namespace core
