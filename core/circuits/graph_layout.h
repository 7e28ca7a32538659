#pragma once

#include "core/api/attribution_graph.h"

namespace core {

/// Gives every node its place: columns are token positions, rows layers, embeddings at the bottom
/// and logits on top. Nodes that share a cell fill a small grid inside it, the most influential
/// first, at most 0.45 from the cell's middle sideways and 0.35 up or down, so that no two nodes
/// meet. The same graph always gets the same picture.
void layOutGraph(AttributionGraph& graph);

} // namespace core
