#include "core/training/dictionary_trainer.h"

#include "core/model/tensor_io.h"
#include "core/training/batch_threshold.h"
#include "core/training/check_options.h"
#include "core/training/decoder_rows.h"
#include "core/training/start_weights.h"
#include "core/training/training_loop.h"
#include "core/training/worker_step.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

using Clock = std::chrono::steady_clock;

std::vector<Parameter> parametersOf(const DictionaryWeights& weights)
{
    std::vector<Parameter> parameters{{"W_enc", weights.W_enc}, {"b_enc", weights.b_enc},
        {"W_dec", weights.W_dec}, {"b_dec", weights.b_dec}};
    if (weights.log_threshold.defined())
        parameters.push_back({"log_threshold", weights.log_threshold});
    if (weights.W_skip.defined())
        parameters.push_back({"W_skip", weights.W_skip});
    if (weights.b_gate.defined()) {
        parameters.push_back({"b_gate", weights.b_gate});
        parameters.push_back({"r_mag", weights.r_mag});
    }
    return parameters;
}

/// Which number of the loss left the numbers, when, and what helps; one sentence each.
std::string leftTheNumbers(
    const DictionaryTrainerOptions& options, const DictionaryMetrics& metrics, std::int64_t step)
{
    const DictionaryLosses& losses = metrics.losses;
    return fmt::format("{}: training left the range of numbers at step {} (loss {:.4g}: squared "
                       "error {:.4g}, penalty {:.4g}, auxiliary {:.4g}; gradient norm {:.4g}), "
                       "with lr {:.4g}. Lower lr, or set max_grad_norm to 1, and go on from the "
                       "last checkpoint.",
        options.name, step + 1, losses.loss, losses.mse, losses.sparsity, losses.aux,
        metrics.gradientNorm, metrics.lr);
}

} // namespace

Result<void> checkTrainable(const ActivationStore& store, const DictionaryTrainerOptions& options)
{
    for (const HookPoint& point : {options.hookIn, options.hookOut})
        if (!store.has(point))
            return fail(Error::Code::NotFound,
                fmt::format("The activations of `{}` were not recorded. Record this place first.",
                    point.name()));
    if (store.tokens() < 1)
        return fail(Error::Code::Unsupported, "The recorded text holds no token.");
    return checkOptions(options, store.width(options.hookIn));
}

Result<std::unique_ptr<DictionaryTrainer>> DictionaryTrainer::create(
    std::shared_ptr<const ActivationStore> store, const DictionaryTrainerOptions& options,
    std::shared_ptr<Workers> workers)
{
    if (auto checked = checkTrainable(*store, options); !checked)
        return fail(checked.error());
    std::unique_ptr<DictionaryTrainer> trainer(
        new DictionaryTrainer(std::move(store), options, std::move(workers)));
    if (auto agreed = trainer->agree(); !agreed)
        return fail(agreed.error());
    return trainer;
}

DictionaryTrainer::DictionaryTrainer(std::shared_ptr<const ActivationStore> store,
    const DictionaryTrainerOptions& options, std::shared_ptr<Workers> workers)
    : m_store(std::move(store))
    , m_options(options)
    , m_batchSize(wholeBatch(options.train_batch_size_tokens, m_store->tokens(), workers))
    , m_totalSteps((options.training_tokens + m_batchSize - 1) / m_batchSize)
    , m_scaling(DictionaryScaling::measure(*m_store, options))
    , m_weights(initialWeights(*m_store, m_scaling, options))
    , m_gradients(m_weights.zerosLike())
    , m_adam(options.adam, parametersOf(m_weights))
    , m_dead(m_weights.d_sae(), options.dead_feature_window)
    , m_rates(m_weights.d_sae(), ownWindow(options.dead_feature_window, workers.get()))
    , m_batches(m_store->tokens(), m_batchSize, options.seed)
    , m_workers(std::move(workers))
    , m_objective(Objective::create(options))
{
    m_objective->workWith(m_workers);
}

Result<void> DictionaryTrainer::agree()
try {
    if (m_workers)
        shareState(*m_workers, m_adam, {&m_dead});
    return {};
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

Result<DictionaryMetrics> DictionaryTrainer::step()
try {
    return takeStep();
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

Result<DictionaryMetrics> DictionaryTrainer::takeStep()
{
    const auto start = Clock::now();
    const at::NoGradGuard noGrad;
    const std::int64_t step = m_adam.steps();
    const DictionaryBatch batch
        = m_scaling.batch(*m_store, m_options, ownShare(m_batches.indices(step), m_workers.get()));

    std::vector<at::Tensor> gradients;
    for (const Parameter& parameter : parametersOf(m_gradients))
        gradients.push_back(parameter.value.zero_());
    DictionaryMetrics metrics;
    metrics.losses = m_objective->lossAndGradients(
        m_weights, batch, warmUp(step, m_options.l1_warm_up_steps), m_dead.isDead(), m_gradients);
    if (m_options.normalizesDecoder)
        projectOut(m_weights.W_dec, m_gradients.W_dec);
    at::Tensor fired;
    if (m_workers) {
        std::vector<DictionaryLosses> losses{metrics.losses};
        joinLosses(*m_workers, losses, {batch.y});
        metrics.losses = losses.front();
        fired = joinGradients(*m_workers, gradients, {&m_objective->acts()}, {features()}).front();
    }
    metrics.lr = learningRate(m_options.schedule, step, m_totalSteps);
    const bool isFinite = std::isfinite(metrics.losses.loss);
    metrics.gradientNorm = isFinite ? m_adam.step(gradients, metrics.lr) : globalNorm(gradients);
    if (!isFinite || !std::isfinite(metrics.gradientNorm))
        return fail(Error::Code::Internal, leftTheNumbers(m_options, metrics, step));
    if (m_options.normalizesDecoder)
        normalizeRows(m_weights.W_dec);

    if (m_workers)
        m_dead.count(fired, m_batchSize);
    else
        m_dead.count(m_objective->acts());
    m_rates.count(m_objective->acts());
    metrics.dead = m_dead.dead();
    metrics.step = step + 1;
    if (m_options.isRestartDue(metrics.step, m_totalSteps)) {
        metrics.resampled = resampleDead(m_dead, m_weights, m_adam, batch, m_options,
            m_options.seed + static_cast<std::uint64_t>(metrics.step));
        if (m_workers) // each drew from its own share: the first one's draw counts
            shareState(*m_workers, m_adam, {&m_dead});
    }
    metrics.totalSteps = m_totalSteps;
    metrics.tokens = metrics.step * m_batchSize;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    metrics.tokensPerSecond = static_cast<double>(m_batchSize) / std::max(seconds, 1e-9);
    return metrics;
}

double DictionaryTrainer::lambda() const
{
    return m_options.lambda() * warmUp(steps(), m_options.l1_warm_up_steps);
}

void DictionaryTrainer::change(double learningRate, double lambda)
{
    m_options.setRates(learningRate, lambda);
    m_objective = Objective::create(m_options); // keeps nothing from one step to the next
    m_objective->workWith(m_workers);
}

Result<void> DictionaryTrainer::run(std::stop_token stop, const Callback& callback)
{
    return takeAllSteps(*this, stop, callback);
}

Result<std::shared_ptr<const Dictionary>> DictionaryTrainer::dictionary() const
{
    return m_scaling.fold(m_weights, m_options,
        m_options.picksFromBatch() ? batchTopKThreshold(*m_store, m_scaling, m_weights, m_options)
                                   : 0.0);
}

Result<void> DictionaryTrainer::saveCheckpoint(const std::filesystem::path& path) const
{
    auto tensors = m_adam.state();
    tensors.emplace_back("tokens_since_fired", m_dead.tokensSinceFired());
    return saveTensors(path, tensors, {{"format", "featurescope dictionary checkpoint 1"}});
}

Result<void> DictionaryTrainer::resume(const std::filesystem::path& path)
{
    const at::NoGradGuard noGrad;
    const auto tensors = loadTensors(path);
    if (!tensors)
        return fail(tensors.error());
    const auto fired = tensors->find("tokens_since_fired");
    if (fired == tensors->end() || fired->second.scalar_type() != at::kLong
        || fired->second.numel() != m_weights.d_sae())
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: tensor `tokens_since_fired` is missing or malformed. This is not a "
                        "checkpoint of a dictionary with {} features.",
                path.string(), m_weights.d_sae()));
    if (Result<void> restored = m_adam.restore(*tensors, path.string()); !restored)
        return restored;
    m_dead.restore(fired->second);
    return {};
}

} // namespace core
