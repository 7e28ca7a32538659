#pragma once

#include "core/circuits/influence.h"

#include <cstdint>
#include <vector>

namespace core {

/// What is left of a graph: the nodes that cover one share of the influence and the edges between
/// them that cover another, without loose ends.
struct Pruned {
    std::vector<char> isKept; ///< [N]; tokens and logits always are.
    std::vector<GraphEdge>
        edges; ///< Kept, non-zero, in matrix order; node numbers are the matrix's.
};

/// circuit-tracer's prune_graph (docs/definitions.md section 6.3). Thresholds lie in (0, 1]; at 1
/// everything that has any influence stays (the reference's own answer there depends on rounding).
Pruned pruneGraph(const GraphMatrix& matrix, const Influence& influence, double nodeThreshold,
    double edgeThreshold);

} // namespace core
