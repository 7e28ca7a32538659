#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// Cantor's pairing, which numbers (layer, feature) in graph files, and its inverse.
std::uint64_t cantorPair(std::uint64_t layer, std::uint64_t feature);
std::pair<std::uint64_t, std::uint64_t> cantorUnpair(std::uint64_t paired);

/// "27_43939_8": the id circuit-tracer gives a node.
std::string nodeId(const GraphNode& node, int nLayers);
/// A node as circuit-tracer writes it.
nlohmann::json nodeToJson(const GraphNode& node, int nLayers, bool isTargetLogit);

/// A node of a file; answers what is wrong with which field instead when it cannot be one.
struct ReadNode {
    GraphNode node;
    std::string problem; ///< Empty when all is well.
};
ReadNode nodeFromJson(const nlohmann::json& json);

/// The whole numbers inside an id: "0_12284_1" gives 0, 12284, 1.
std::vector<std::int64_t> numbersIn(std::string_view id);

} // namespace core
