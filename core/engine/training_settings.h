#pragma once

#include "core/api/estimate_training.h"
#include "core/api/model_info.h"
#include "core/api/training_settings.h"
#include "core/engine/training_config.h"

#include <string>
#include <vector>

namespace core {

/// What the settings and the text name that this model, or any, cannot be trained with; in the
/// order of the fields. Looks whether a text is there, not into it.
std::vector<TrainingProblem> trainingProblems(
    const TrainingSettings& settings, const TrainingText& text, const ModelInfo& model);

/// As the trainer takes it: shares of the run become steps and tokens. The settings must have no
/// problems.
DictionaryTrainingConfig trainingConfig(const TrainingSettings& settings);
/// And back, for people; what only a file can say is left out.
TrainingSettings trainingSettings(const DictionaryTrainingConfig& config, bool isTranscoder);

/// The layers a configuration means in this model; an error names the one that is not there.
Result<std::vector<int>> trainedLayers(
    const DictionaryTrainingConfig& config, const ModelInfo& model, const std::string& where);

} // namespace core
