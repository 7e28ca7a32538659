#pragma once

#include "core/base/result.h"
#include "core/circuits/build_graph.h"

#include <filesystem>
#include <string>

namespace core {

/// The unpruned graph as safetensors in circuit-tracer's order: `active_features` [n, 3] (layer,
/// position, feature), `activation_values`, `adjacency_matrix` [N, N], `logit_token_ids`,
/// `logit_probabilities`, `node_influence`, and the masks of its own thresholds. Written to a
/// temporary and renamed.
Result<void> saveGraphTensors(const std::string& path, const TracedGraph& traced);

/// The nodes of a pruned graph as CSV (RFC 4180), one line each after a line of names.
std::string nodeTable(const AttributionGraph& graph);
Result<void> writeNodeTable(const AttributionGraph& graph, const std::filesystem::path& path);

} // namespace core
