#pragma once

#include "core/api/check_graph.h"
#include "core/base/progress.h"
#include "core/circuits/build_graph.h"
#include "core/engine/loaded_model.h"

#include <stop_token>

namespace core {

/// Changes the graph's most influential features in the model, one at a time, and holds what
/// happens against the graph's prediction.
Result<PerturbationCheck> checkTraced(const LoadedModel& model, const TracedGraph& traced,
    const CheckRequest& request, const NodeLabel& label, const ProgressFn& progress,
    std::stop_token stop);

} // namespace core
