#pragma once

#include "core/api/attribution_graph.h"

#include <memory>

namespace tests {

/// Dallas, Texas, Austin by hand: three tokens, two layers, five features (two in one cell), one
/// error, two logits. Indices: tokens 0 to 2, features 3 to 7, error 8, logits 9 (Austin) and 10
/// (Dallas).
std::shared_ptr<core::AttributionGraph> smallGraph();

/// `nodes` features spread over ten positions and six layers, `edges` edges between them, strongest
/// first.
std::shared_ptr<core::AttributionGraph> largeGraph(int nodes, int edges);

} // namespace tests
