#pragma once

#include "core/base/result.h"
#include "core/engine/loaded_model.h"
#include "core/engine/training_config.h"

namespace core {

/// Refuses, before a text is read, what cannot be trained on this model or would not fit into its
/// memory; names the field and the mend. What it begins with, and the text, are not looked at.
Result<void> checkTraining(const DictionaryTrainingConfig& config, const LoadedModel& model);

} // namespace core
