#pragma once

#include "core/engine/jobs.h"
#include "core/engine/loaded_model.h"

#include <functional>
#include <stop_token>

namespace core {

/// What the workspace knows about a feature, for rows in results.
using RowLookup = std::function<FeatureRow(const FeatureRef&)>;

/// Reads a prompt with every chosen dictionary: tokens, strongest features, L0 and unexplained
/// share per token. Means and peaks leave special tokens out.
Result<PromptAnalysis> analyzePrompt(const LoadedModel& model, const AnalyzeRequest& request,
    const RowLookup& row, std::stop_token stop);

/// One position through one dictionary, with every number that the architecture diagram draws.
Result<ArchitectureView> viewArchitecture(const LoadedModel& model,
    const ArchitectureRequest& request, const RowLookup& row, std::stop_token stop);

/// Largest activation per feature on a text, special tokens left out; with `against`, the
/// difference of the two.
Result<std::vector<FeatureOnText>> featuresOnText(const LoadedModel& model,
    const Dictionaries& dictionaries, const std::string& text, const std::string& against,
    int limit, std::stop_token stop);

} // namespace core
