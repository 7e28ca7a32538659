#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/check_graph.h"
#include "core/api/estimate_trace.h"
#include "core/api/trace.h"
#include "core/engine/jobs.h"

#include <string>
#include <vector>

namespace core {

struct TraceJob {
    std::string model;
    std::vector<std::string> dictionaries; ///< Paths.
    TraceRequest request;
    int checkedFeatures = 0; ///< > 0: also the perturbation check, on so many.
    std::string graphFile, tensorFile, tableFile; ///< Empty = not written.
};

struct TraceJobResult {
    AttributionGraph graph;
    PerturbationCheck check;
    /// From the most probable logit always to the strongest input that raises it and is not an
    /// error: indices into `graph.nodes`.
    std::vector<int> strongestPath;
};

Result<TraceJobResult> traceJob(const TraceJob& job, const JobControl& control);
Result<TraceEstimate> estimateTraceJob(const TraceJob& job, const JobControl& control);

} // namespace core
