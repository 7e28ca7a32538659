#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace core {

/// circuit-tracer's JSON; written to a temporary and renamed. Answers the path.
struct SaveGraphRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "save-graph";

    std::shared_ptr<const AttributionGraph> graph;
    std::string path;
};

/// The unpruned matrix with its nodes and masks as safetensors, in circuit-tracer's order. Answers
/// the path.
struct SaveMatrixRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "save-matrix";

    std::uint64_t graph = 0; ///< `AttributionGraph::id`.
    std::string path;
};

/// The nodes as CSV, a line each. Answers the path.
struct SaveNodeTableRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "save-node-table";

    std::shared_ptr<const AttributionGraph> graph;
    std::string path;
};

/// A graph of circuit-tracer or Neuronpedia.
struct LoadGraphRequest {
    using Answer = AttributionGraph;
    static constexpr std::string_view kName = "load-graph";

    std::string path;
};

} // namespace core
