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

/// The way from `source` to `target` that carries most: a step carries its weight's share of all
/// that its target receives (by size), a way the product of its steps; only steps that raise their
/// target count. Node indices, `source` first; empty where no way leads there.
std::vector<std::int32_t> strongestWay(
    const AttributionGraph& graph, std::int32_t source, std::int32_t target);

} // namespace core
