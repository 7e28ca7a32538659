#pragma once

#include "core/base/result.h"
#include "core/model/transformer.h"
#include "core/training/adam.h"
#include "core/training/schedule.h"
#include "core/training/token_windows.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

namespace core {

struct LanguageModelTrainerOptions {
    std::int64_t training_tokens = 6'144'000;
    std::int64_t train_batch_size_tokens = 4096; ///< Rounded down to whole windows, at least one.
    std::int64_t context_size = 128; ///< Predictions a window; at most the model's n_ctx.
    ScheduleOptions schedule{.lr = 3e-3,
        .lr_scheduler_name = LrScheduler::Linear,
        .lr_warm_up_steps = 100,
        .lr_end = 6e-5};
    AdamOptions adam{.beta2 = 0.98, .weightDecay = 0.05, .maxGradNorm = 1.0};
    std::uint64_t seed = 0;
};

struct LanguageModelMetrics {
    std::int64_t step = 0; ///< Steps done, this one included.
    std::int64_t totalSteps = 0;
    std::int64_t tokens = 0; ///< Predicted so far.
    double loss = 0; ///< Mean cross-entropy of this batch, nats.
    double lr = 0;
    double gradNorm = 0; ///< Before clipping.
    double tokensPerSecond = 0; ///< Of this step.
};

/// Trains a model's own weights on next-token prediction with AdamW, by the forward pass that also
/// runs it.
///
/// Not thread-safe; wants the engine thread, in slices if others need the model too. The same seed,
/// corpus, options, machine and number of threads give the same weights, also across save and
/// resume.
class LanguageModelTrainer {
public:
    static Result<std::unique_ptr<LanguageModelTrainer>> create(std::shared_ptr<Transformer> model,
        std::shared_ptr<const TokenCorpus> corpus, const LanguageModelTrainerOptions& options);
    ~LanguageModelTrainer(); ///< The weights stop asking for gradients.
    LanguageModelTrainer(const LanguageModelTrainer&) = delete;
    LanguageModelTrainer& operator=(const LanguageModelTrainer&) = delete;

    using Callback = std::function<void(const LanguageModelMetrics&)>; ///< After every step.

    Result<LanguageModelMetrics> step();
    /// Steps until the time is over (at least one) or the run is finished.
    Result<void> runFor(std::chrono::milliseconds time, const Callback& callback = {});
    /// To the end. Stops between two steps with Cancelled; the trainer is then whole and can be
    /// saved.
    Result<void> run(std::stop_token stop = {}, const Callback& callback = {});

    bool isDone() const { return m_adam.steps() >= m_totalSteps; }
    std::int64_t totalSteps() const { return m_totalSteps; }

    /// Weights, optimiser and place in the corpus in one safetensors file, atomically.
    Result<void> saveCheckpoint(const std::filesystem::path& path) const;
    /// Continues where a checkpoint of the same model sizes, corpus and options stopped. Changes
    /// nothing on error.
    Result<void> resume(const std::filesystem::path& path);

private:
    LanguageModelTrainer(std::shared_ptr<Transformer> model,
        std::shared_ptr<const TokenCorpus> corpus, const LanguageModelTrainerOptions& options,
        std::vector<Parameter> parameters);

    std::shared_ptr<Transformer> m_model;
    LanguageModelTrainerOptions m_options;
    std::int64_t m_windowsPerStep = 1;
    std::int64_t m_totalSteps = 0;
    TrainingWindows m_windows;
    Adam m_adam;
};

} // namespace core
