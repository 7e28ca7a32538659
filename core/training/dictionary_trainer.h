#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/training/activation_store.h"
#include "core/training/dead_features.h"
#include "core/training/dictionary_scaling.h"
#include "core/training/firing_rates.h"
#include "core/training/objective.h"
#include "core/workers/workers.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

namespace core {

struct DictionaryMetrics {
    std::int64_t step = 0; ///< Steps done, this one included.
    std::int64_t totalSteps = 0;
    std::int64_t tokens = 0; ///< Seen so far.
    DictionaryLosses losses; ///< Of this batch, before the step.
    std::int64_t dead = 0; ///< Features that did not fire within dead_feature_window.
    std::int64_t resampled = 0; ///< Restarted after this step.
    double lr = 0;
    double gradientNorm = 0; ///< Of all gradients together, before clipping.
    double tokensPerSecond = 0; ///< Of this step.
};

/// Whether these options can be trained on what was recorded; else the option and the mend.
Result<void> checkTrainable(const ActivationStore& store, const DictionaryTrainerOptions& options);

/// Trains an SAE or a per-layer transcoder on recorded activations.
///
/// Not thread-safe. The same seed, store, options and machine give the same dictionary, whatever
/// the number of threads of its own loops, also across save and resume.
class DictionaryTrainer {
public:
    /// With `workers` each batch is as many times larger, and this process takes its share of it
    /// (core/workers/workers.h); all hold the same store.
    static Result<std::unique_ptr<DictionaryTrainer>> create(
        std::shared_ptr<const ActivationStore> store, const DictionaryTrainerOptions& options,
        std::shared_ptr<Workers> workers = {});

    using Callback = std::function<void(const DictionaryMetrics&)>; ///< After every step.

    Result<DictionaryMetrics> step();
    /// To the end. Stops between two steps with Cancelled; the trainer is then whole and can be
    /// saved.
    Result<void> run(std::stop_token stop = {}, const Callback& callback = {});

    /// From the next step on. The same as with these values from the start, but for what was
    /// learned so far.
    void change(double learningRate, double lambda);

    bool isDone() const { return m_adam.steps() >= m_totalSteps; }
    const std::string& name() const { return m_options.name; }
    std::int64_t features() const { return m_weights.d_sae(); }
    std::int64_t steps() const { return m_adam.steps(); }
    std::int64_t totalSteps() const { return m_totalSteps; }
    /// How often features fired over about the last dead window, on this worker's share of it. Not
    /// part of a checkpoint: after resuming it is counted anew.
    const FiringRates& firingRates() const { return m_rates; }
    double lambda() const; ///< As its warm-up has it now; 0 where there is no penalty.
    double ownLambda() const { return m_options.lambda(); } ///< After its warm-up.

    /// What has been learned so far, in the model's units, to be used or saved. It has the L0 and
    /// FVU that the steps measure; for BatchTopK that takes a pass over part of the text.
    Result<std::shared_ptr<const Dictionary>> dictionary() const;

    /// Weights, optimiser and counters in one safetensors file, atomically.
    Result<void> saveCheckpoint(const std::filesystem::path& path) const;
    /// Continues where a checkpoint of the same store and options stopped. Changes nothing on
    /// error.
    Result<void> resume(const std::filesystem::path& path);
    /// To all workers what the first one has, for instance once it has resumed; nothing alone.
    Result<void> agree();

private:
    DictionaryTrainer(std::shared_ptr<const ActivationStore> store,
        const DictionaryTrainerOptions& options, std::shared_ptr<Workers> workers);
    Result<DictionaryMetrics> takeStep();

    std::shared_ptr<const ActivationStore> m_store;
    DictionaryTrainerOptions m_options;
    std::int64_t m_batchSize;
    std::int64_t m_totalSteps;
    DictionaryScaling m_scaling;
    DictionaryWeights m_weights;
    DictionaryWeights m_gradients;
    Adam m_adam;
    DeadFeatures m_dead;
    FiringRates m_rates;
    ShuffledBatches m_batches;
    std::shared_ptr<Workers> m_workers; ///< None: alone.
    std::unique_ptr<Objective> m_objective;
};

} // namespace core
