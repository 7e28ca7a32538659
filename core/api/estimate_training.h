#pragma once

#include "core/api/training_settings.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Why a training cannot be begun as it is set up: the field of TrainingSettings or TrainingText,
/// and a sentence with the mend.
struct TrainingProblem {
    std::string field;
    std::string message;
};

/// What a training will take, from short trials on this machine as busy as it is now.
struct TrainingEstimate {
    double textSeconds = 0; ///< To write the text (where the model does) and record activations.
    double learnSeconds = 0;
    std::int64_t memoryBytes = 0; ///< At the most: activations, weights, their gradients and Adam.
    std::int64_t diskBytes = 0; ///< Dictionaries and checkpoints.
    std::int64_t freeBytes = 0; ///< Memory that is free now; 0 when the system does not say.
    std::int64_t features = 0, steps = 0; ///< Of each dictionary.
    std::int64_t dictionaries = 0;
    std::vector<TrainingProblem> problems; ///< Empty: it can begin.
};

struct EstimateTrainingRequest {
    using Answer = TrainingEstimate;
    static constexpr std::string_view kName = "estimate-training";

    TrainingSettings settings;
    TrainingText text;
};

} // namespace core
