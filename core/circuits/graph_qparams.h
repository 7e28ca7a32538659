#pragma once

#include "core/api/attribution_graph.h"

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// Marks the pinned nodes, adds the supernodes and gives the labels (`clerps`) that a file's
/// `qParams` names; takes lists as well as their older spelling as text. Unknown ids are passed
/// over.
void readQParams(const nlohmann::json& qParams, const std::map<std::string, std::int32_t>& nodeOfId,
    AttributionGraph& graph);

/// `original` (null when the graph is fresh) with the graph's pins, supernodes and, where it holds
/// them, labels; left as it was where they did not change.
nlohmann::json writeQParams(const AttributionGraph& graph, const std::vector<std::string>& ids,
    const nlohmann::json& original);

} // namespace core
