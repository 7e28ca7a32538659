#pragma once

#include "core/api/patch.h"
#include "core/base/progress.h"
#include "core/engine/analysis.h"
#include "core/engine/loaded_model.h"

#include <stop_token>

namespace core {

/// Exact and approximate patching between two prompts, with the texts and labels filled in.
Result<PatchResult> patchPrompts(const LoadedModel& model, const PatchRequest& request,
    const RowLookup& row, const ProgressFn& progress, std::stop_token stop);

} // namespace core
