#pragma once

#include "core/engine/loaded_model.h"
#include "core/store/workspace_writer.h"

namespace core {

/// Harvests dictionaries on a text file, or on text that the model writes itself when `corpusPath`
/// is empty.
Result<HarvestSummary> harvestInto(WorkspaceWriter& writer, const LoadedModel& model,
    const Dictionaries& dictionaries, const std::string& corpusPath, std::int64_t tokens,
    const ProgressFn& progress, std::stop_token stop);

/// Writes a person's label and answers the feature's row as it is afterwards.
Result<FeatureRow> setFeatureLabel(
    WorkspaceWriter& writer, const FeatureRef& feature, const Label& label);

} // namespace core
