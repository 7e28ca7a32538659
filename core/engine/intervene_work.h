#pragma once

#include "core/engine/analysis.h"
#include "core/engine/loaded_model.h"

#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// Runs the prompt unchanged and with features set, with the chosen attention and, where the
/// request compares, with the other one too. Dictionaries are those a graph is made of.
Result<InterveneResult> interveneOn(
    const LoadedModel& model, const InterveneRequest& request, std::stop_token stop);

/// A feature that is to be multiplied: `value` of each setting is a factor. One unchanged run turns
/// the factors into the activations that `InterveneRequest::settings` asks for.
Result<std::vector<FeatureSetting>> scaledSettings(const LoadedModel& model,
    const InterveneRequest& request, const std::vector<FeatureSetting>& factors,
    std::stop_token stop);

Result<SwapResult> swapFeatures(const LoadedModel& model, const SwapRequest& request,
    const RowLookup& row, std::stop_token stop);

/// Those called `names` (entries without a name, layers that have none, do not count), or the ones
/// that a graph would be made of.
Result<Dictionaries> swapDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names);

} // namespace core
