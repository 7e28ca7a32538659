#pragma once

#include "core/api/estimate_training.h"
#include "core/api/model_info.h"
#include "core/api/training_settings.h"
#include "core/base/result.h"
#include "core/training/dictionary_training.h"

#include <string>
#include <vector>

namespace core {

/// The options with one value of a sweep in place; an error names the field and the value.
Result<DictionaryTrainerOptions> withSwept(
    const DictionaryTrainerOptions& options, const std::string& field, const std::string& value);

/// Name of one dictionary of a sweep: "layer_2_k_16".
std::string sweptName(const std::string& name, const std::string& field, const std::string& value);

/// Why a sweep cannot be, or does not go together with the rest; empty where it does.
std::string sweepRefusal(const TrainingSweep& sweep, bool isCrossLayer, bool hasStart);

/// The same of a configuration, as an error.
Result<void> checkSweep(const DictionaryTrainingConfig& config);

/// The options of each layer, once for each value of the configuration's sweep or as they are;
/// named and placed.
Result<std::vector<DictionaryTrainerOptions>> sweptOptions(
    const DictionaryTrainingConfig& config, const std::vector<int>& layers);

/// What a sweep names that cannot be trained, each value once; `trainingProblems` of its parts.
std::vector<TrainingProblem> sweepProblems(
    const TrainingSettings& settings, const TrainingText& text, const ModelInfo& model);

} // namespace core
