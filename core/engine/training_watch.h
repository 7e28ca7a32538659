#pragma once

#include "core/api/training_measurement.h"
#include "core/base/progress.h"
#include "core/engine/feature_peek.h"
#include "core/engine/loaded_model.h"
#include "core/training/held_out_text.h"
#include "core/training/training_run.h"

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// Measures the dictionaries of a run while they learn, on text that they do not learn from, within
/// a share of the run's time. Changes nothing of what is learned.
class TrainingWatch {
public:
    /// `heldOut` null: no text was held out. `every` is a share of the run between two measurements
    /// of a dictionary; 0: only its last step.
    TrainingWatch(std::shared_ptr<const LoadedModel> model,
        std::shared_ptr<const HeldOutText> heldOut, double every);

    /// Whether the dictionary's step is to be followed by a measurement: it is due, and measuring
    /// has taken less than its share of the `seconds` that the run has taken so far. The last step
    /// is measured always, and so is the first where anything is measured before the last: a short
    /// run then shows where it came from.
    bool isDue(const std::string& dictionary, std::int64_t step, std::int64_t totalSteps,
        double seconds) const;
    /// One dictionary of `run`, or one layer of a cross-layer transcoder: `current` is what
    /// `TrainingRun::current` says of it. Null when it is stopped. `pause` is called all along.
    Result<std::shared_ptr<TrainingMeasurement>> measure(const TrainingRun& run,
        std::size_t dictionary, const Result<Dictionaries>& current, const ProgressFn& pause,
        const std::stop_token& stop);

    /// About the step that a measurement of the dictionary is due at, from one at `step` on after
    /// `seconds`: at its interval's end, later where measuring would take more than its share.
    std::int64_t nextStep(std::int64_t step, std::int64_t totalSteps, double seconds) const;

private:
    std::int64_t interval(std::int64_t totalSteps) const; ///< In steps.

    std::shared_ptr<const LoadedModel> m_model;
    std::shared_ptr<const HeldOutText> m_heldOut;
    std::unique_ptr<FeaturePeek> m_peek;
    double m_every;
    std::map<std::string, std::int64_t> m_lastStep; ///< Measured last, by dictionary.
    double m_seconds = 0.0; ///< Spent measuring, but for first steps.
    double m_cost = 0.0; ///< Of the last measurement, seconds.
};

/// The mean over a sample of a dictionary's features of the largest cosine between a feature's
/// decoder direction and another's: near 1 when features are copies of each other.
double meanMaxDecoderCosine(const Dictionary& dictionary);

} // namespace core
