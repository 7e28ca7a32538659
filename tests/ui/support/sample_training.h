#pragma once

#include "core/api/estimate_training.h"
#include "core/api/training_runs.h"

#include <string>
#include <vector>

namespace tests {

/// Rows of a training that goes well: the loss falls as 1 / step.
std::vector<core::TrainMetrics> sampleTrainingRows(const std::string& dictionary, int rows);
/// The same with a measurement at every tenth row; CE score and L0 as given at the end.
std::vector<core::TrainMetrics> sampleMeasuredRows(
    const std::string& dictionary, int rows, double ceScore, double l0);
/// Done, with one dictionary; `share` of its steps otherwise.
core::TrainingRunInfo sampleTrainingRun(const std::string& folder, double share = 1.0);
core::TrainingEstimate sampleTrainingEstimate(const core::EstimateTrainingRequest& request);
core::TrainingOutcome sampleTrainingOutcome(const core::TrainDictionaryRequest& request);

} // namespace tests
