#pragma once

#include "core/api/train.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// A training that was begun in a folder, as its files tell.
struct TrainingRunInfo {
    std::string folder; ///< Its path.
    std::string name; ///< The folder's.
    std::string model; ///< Name of the model it belongs to.
    TrainingSettings settings;
    TrainingText text;
    std::int64_t steps = 0, totalSteps = 0; ///< Of all its dictionaries together.
    double seconds = 0; ///< Spent learning.
    bool isDone = false; ///< Else it can go on.
    std::vector<std::string> dictionaries; ///< Folders that can be opened; empty: none was made.
    std::vector<TrainMetrics> metrics;
};

/// The trainings in a folder, the newest first. What cannot be read is left out; a folder that is
/// not there holds none.
struct TrainingRunsRequest {
    using Answer = std::vector<TrainingRunInfo>;
    static constexpr std::string_view kName = "training-runs";

    std::string folder;
};

} // namespace core
