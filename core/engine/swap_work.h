#pragma once

#include "core/api/find_concept.h"
#include "core/api/swap_test.h"
#include "core/base/progress.h"
#include "core/engine/analysis.h"
#include "core/engine/loaded_model.h"

#include <stop_token>

namespace core {

/// The features that tell prompts with a concept from prompts without it.
Result<ConceptFeatures> findConcept(const LoadedModel& model, const ConceptRequest& request,
    const RowLookup& row, const ProgressFn& progress, std::stop_token stop);

/// The swap test over many pairs.
Result<SwapTestResult> swapTest(const LoadedModel& model, const SwapTestRequest& request,
    const RowLookup& row, const ProgressFn& progress, std::stop_token stop);

} // namespace core
