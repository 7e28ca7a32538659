#pragma once

#include "core/api/patch.h"
#include "core/base/result.h"

#include <string>

namespace core {

/// Everything in a result as JSON: `effects` by hook point ("blocks.3.hook_resid_pre", a number for
/// each position or head), features as a list, correlations where both methods ran.
std::string patchJson(const PatchResult& result, bool leadsWithApproximate);

/// Safetensors: for each map `exact.HOOK` and `approximate.HOOK` [layers, positions or heads], NaN
/// where nothing was patched; the two prompts' ids; of single features [n, 3] layer, position and
/// index (-1 = error term) with their effects.
Result<void> writePatchTensors(const PatchResult& result, const std::string& path);

} // namespace core
