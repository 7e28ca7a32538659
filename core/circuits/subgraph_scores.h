#pragma once

#include "core/base/result.h"
#include "core/circuits/graph_matrix.h"
#include "core/circuits/scores.h"

namespace core {

/// Which features count as such when a (pruned) graph is scored; the others join the error node of
/// their layer and position, or are left out where the graph has none.
enum class ScoredFeatures : std::uint8_t { All, Pinned };

/// The dense matrix of a graph's links, for graphs that came from a file. Unsupported when the
/// graph is too large.
Result<GraphMatrix> matrixOf(
    const AttributionGraph& graph, ScoredFeatures features = ScoredFeatures::All);

/// Neuronpedia's scores of a pruned graph, computed from its links. With `Pinned`: how much of the
/// answer the pinned features explain alone. Costs a few milliseconds for a graph of a few hundred
/// nodes.
Result<GraphScores> subgraphScores(
    const AttributionGraph& graph, ScoredFeatures features = ScoredFeatures::All);

} // namespace core
