#include "core/training/cross_layer_trainer.h"

#include "core/model/tensor_io.h"
#include "core/training/batch_threshold.h"
#include "core/training/check_options.h"
#include "core/training/decoder_rows.h"
#include "core/training/worker_step.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

const char* const kCrossLayerName = "cross_layer";

std::string layerTensor(std::size_t layer, const char* name)
{
    return fmt::format("layer_{}.{}", layer, name);
}

std::vector<Parameter> crossLayerParameters(const CrossLayerWeights& weights)
{
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < weights.layers.size(); ++i) {
        const DictionaryWeights& layer = weights.layers[i];
        parameters.push_back({layerTensor(i, "W_enc"), layer.W_enc});
        parameters.push_back({layerTensor(i, "b_enc"), layer.b_enc});
        parameters.push_back({layerTensor(i, "W_dec"), layer.W_dec});
        parameters.push_back({layerTensor(i, "b_dec"), layer.b_dec});
        if (layer.log_threshold.defined())
            parameters.push_back({layerTensor(i, "log_threshold"), layer.log_threshold});
    }
    return parameters;
}

std::vector<const std::vector<std::uint8_t>*> deadFlags(const std::vector<DeadFeatures>& dead)
{
    std::vector<const std::vector<std::uint8_t>*> flags;
    for (const DeadFeatures& layer : dead)
        flags.push_back(&layer.isDead());
    return flags;
}

} // namespace

Result<std::unique_ptr<CrossLayerTrainer>> CrossLayerTrainer::create(
    std::shared_ptr<const ActivationStore> store,
    const std::vector<DictionaryTrainerOptions>& layers, std::shared_ptr<Workers> workers)
{
    for (const DictionaryTrainerOptions& options : layers)
        if (auto checked = checkTrainable(*store, options); !checked)
            return fail(checked.error());
    if (auto checked = checkCrossLayerOptions(layers); !checked)
        return fail(checked.error());
    std::unique_ptr<CrossLayerTrainer> trainer(
        new CrossLayerTrainer(std::move(store), layers, std::move(workers)));
    if (auto agreed = trainer->agree(); !agreed)
        return fail(agreed.error());
    return trainer;
}

CrossLayerTrainer::CrossLayerTrainer(std::shared_ptr<const ActivationStore> store,
    const std::vector<DictionaryTrainerOptions>& layers, std::shared_ptr<Workers> workers)
    : m_store(std::move(store))
    , m_places(CrossLayerPlaces::measure(*m_store, layers))
    , m_batchSize(wholeBatch(layers.front().train_batch_size_tokens, m_store->tokens(), workers))
    , m_totalSteps((layers.front().training_tokens + m_batchSize - 1) / m_batchSize)
    , m_weights(initialCrossLayerWeights(*m_store, m_places))
    , m_gradients(m_weights.zerosLike())
    , m_adam(layers.front().adam, crossLayerParameters(m_weights))
    , m_batches(m_store->tokens(), m_batchSize, layers.front().seed)
    , m_workers(std::move(workers))
    , m_objective(std::make_unique<CrossLayerObjective>(layers, m_workers))
{
    for (std::size_t i = 0; i < layers.size(); ++i) {
        m_dead.emplace_back(m_weights.layers[i].d_sae(), layers[i].dead_feature_window);
        m_rates.emplace_back(
            m_weights.layers[i].d_sae(), ownWindow(layers[i].dead_feature_window, m_workers.get()));
    }
}

const std::string& CrossLayerTrainer::name(std::size_t layer) const
{
    return m_places.options[layer].name;
}

std::int64_t CrossLayerTrainer::features(std::size_t layer) const
{
    return m_weights.layers[layer].d_sae();
}

void CrossLayerTrainer::shareWithAll()
{
    std::vector<DeadFeatures*> dead;
    for (DeadFeatures& layer : m_dead)
        dead.push_back(&layer);
    shareState(*m_workers, m_adam, dead);
}

Result<void> CrossLayerTrainer::agree()
try {
    if (m_workers)
        shareWithAll();
    return {};
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

Result<std::vector<TrainingRun::Step>> CrossLayerTrainer::advance()
try {
    return takeStep();
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

Result<std::vector<TrainingRun::Step>> CrossLayerTrainer::takeStep()
{
    const auto start = std::chrono::steady_clock::now();
    const at::NoGradGuard noGrad;
    if (isDone())
        return fail(Error::Code::Internal, "The training is at its end: there is no next step.");
    const DictionaryTrainerOptions& options = m_places.options.front();
    const std::int64_t step = m_adam.steps();
    const CrossLayerBatch batch
        = m_places.batch(*m_store, ownShare(m_batches.indices(step), m_workers.get()));

    std::vector<at::Tensor> gradients;
    for (const Parameter& parameter : crossLayerParameters(m_gradients))
        gradients.push_back(parameter.value.zero_());
    auto losses = m_objective->lossAndGradients(
        m_weights, batch, warmUp(step, options.l1_warm_up_steps), deadFlags(m_dead), m_gradients);
    for (std::size_t i = 0; i < size(); ++i)
        projectOut(m_weights.layers[i].W_dec, m_gradients.layers[i].W_dec);
    std::vector<at::Tensor> fired;
    if (m_workers) {
        std::vector<at::Tensor> outputs;
        std::vector<const ActiveEntries*> acts;
        std::vector<std::int64_t> widths;
        for (std::size_t i = 0; i < size(); ++i) {
            outputs.push_back(outputColumns(
                batch.y, static_cast<std::int64_t>(i), static_cast<std::int64_t>(size())));
            acts.push_back(&m_objective->acts(i));
            widths.push_back(features(i));
        }
        joinLosses(*m_workers, losses, outputs);
        fired = joinGradients(*m_workers, gradients, acts, widths);
    }
    const double lr = learningRate(options.schedule, step, m_totalSteps);
    const double norm = m_adam.step(gradients, lr);
    if (!std::isfinite(norm)) {
        double loss = 0.0;
        for (const DictionaryLosses& layer : losses)
            loss += layer.loss;
        return fail(Error::Code::Internal,
            fmt::format("The cross-layer transcoder: training left the range of numbers at step {} "
                        "(loss {:.4g}; gradient norm {:.4g}), with lr {:.4g}. Lower lr, or set "
                        "max_grad_norm to 1, and go on from the last checkpoint.",
                step + 1, loss, norm, lr));
    }
    std::vector<std::int64_t> restarted(size(), 0);
    for (std::size_t i = 0; i < size(); ++i) {
        normalizeRows(m_weights.layers[i].W_dec);
        if (m_workers)
            m_dead[i].count(fired[i], m_batchSize);
        else
            m_dead[i].count(m_objective->acts(i));
        m_rates[i].count(m_objective->acts(i));
    }
    std::vector<Step> steps(size());
    for (std::size_t i = 0; i < size(); ++i)
        steps[i].metrics.dead = m_dead[i].dead();
    if (options.isRestartDue(m_adam.steps(), m_totalSteps)) {
        restarted = restart(batch);
        if (m_workers) // each drew from its own share: the first one's draw counts
            shareWithAll();
    }

    const double seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (std::size_t i = 0; i < size(); ++i) {
        steps[i].dictionary = i;
        DictionaryMetrics& metrics = steps[i].metrics;
        metrics.losses = losses[i];
        metrics.resampled = restarted[i];
        metrics.step = step + 1;
        metrics.totalSteps = m_totalSteps;
        metrics.tokens = metrics.step * m_batchSize;
        metrics.lr = lr;
        metrics.gradientNorm = norm;
        metrics.tokensPerSecond = static_cast<double>(m_batchSize) / std::max(seconds, 1e-9);
    }
    return steps;
}

std::vector<std::int64_t> CrossLayerTrainer::restart(const CrossLayerBatch& batch)
{
    std::vector<std::int64_t> restarted;
    const auto n = static_cast<std::int64_t>(size());
    for (std::size_t i = 0; i < size(); ++i) {
        // What is left for this layer's features once all others have written: the target of a
        // dictionary without b_dec whose own part is what it writes now, so that its error is the
        // whole one's.
        DictionaryWeights own = m_weights.layers[i];
        const at::Tensor error
            = writtenColumns(m_objective->error(), static_cast<std::int64_t>(i), n);
        at::Tensor y = -error;
        addDecoded(m_objective->acts(i), own.W_dec, y);
        own.b_dec = at::zeros({y.size(1)});
        restarted.push_back(
            resampleDead(m_dead[i], own, m_adam, {batch.x[i], y}, m_places.options[i],
                m_places.options[i].seed + static_cast<std::uint64_t>(m_adam.steps()) * 131 + i));
    }
    return restarted;
}

double CrossLayerTrainer::lambda(std::size_t layer) const
{
    const DictionaryTrainerOptions& options = m_places.options[layer];
    return options.lambda() * warmUp(steps(), options.l1_warm_up_steps);
}

void CrossLayerTrainer::change(double learningRate, std::optional<double> lambda)
{
    for (DictionaryTrainerOptions& layer : m_places.options)
        layer.setRates(learningRate, lambda.value_or(layer.lambda()));
    m_objective = std::make_unique<CrossLayerObjective>(m_places.options, m_workers);
}

Result<Dictionaries> CrossLayerTrainer::dictionaries() const
{
    std::vector<double> thresholds;
    for (std::size_t i = 0; i < size(); ++i)
        if (m_places.options[i].objective == DictionaryObjective::BatchTopK)
            thresholds.push_back(batchTopKThreshold(
                *m_store, m_places.scaling[i], m_weights.layers[i], m_places.options[i]));
    return foldCrossLayer(m_weights, m_places, thresholds);
}

Result<void> CrossLayerTrainer::saveCheckpoints(const std::filesystem::path& folder) const
{
    auto tensors = m_adam.state();
    for (std::size_t i = 0; i < size(); ++i)
        tensors.emplace_back(layerTensor(i, "tokens_since_fired"), m_dead[i].tokensSinceFired());
    return saveTensors(checkpoint(folder, kCrossLayerName), tensors,
        {{"format", "featurescope cross-layer checkpoint 1"}});
}

Result<void> CrossLayerTrainer::resume(const std::filesystem::path& folder)
{
    const at::NoGradGuard noGrad;
    const std::filesystem::path path = checkpoint(folder, kCrossLayerName);
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return {};
    const auto tensors = loadTensors(path);
    if (!tensors)
        return fail(tensors.error());
    std::vector<at::Tensor> fired;
    for (std::size_t i = 0; i < size(); ++i) {
        const std::string name = layerTensor(i, "tokens_since_fired");
        const auto found = tensors->find(name);
        if (found == tensors->end() || found->second.scalar_type() != at::kLong
            || found->second.numel() != features(i))
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: tensor `{}` is missing or malformed. This is not a checkpoint of "
                            "a cross-layer transcoder with {} layers of {} features.",
                    path.string(), name, size(), features(i)));
        fired.push_back(found->second);
    }
    if (Result<void> restored = m_adam.restore(*tensors, path.string()); !restored)
        return restored;
    for (std::size_t i = 0; i < size(); ++i)
        m_dead[i].restore(fired[i]);
    return {};
}

void CrossLayerTrainer::removeCheckpoints(const std::filesystem::path& folder) const
{
    std::error_code ignored;
    std::filesystem::remove(checkpoint(folder, kCrossLayerName), ignored);
}

} // namespace core
