#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>
#include <vector>

namespace core {

/// The most probable logit of a graph, -1 where it has none.
std::int32_t mostProbableLogit(const AttributionGraph& graph);

/// How a person reads a graph: from a node always to the strongest input that raises it and is not
/// an error node, until there is none (a token). Node indices, `from` first.
std::vector<std::int32_t> strongestPath(const AttributionGraph& graph, std::int32_t from);

} // namespace core
