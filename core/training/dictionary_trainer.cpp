#include "core/training/dictionary_trainer.h"

#include "core/model/tensor_io.h"
#include "core/training/batch_threshold.h"
#include "core/training/tiles.h"
#include "core/training/training_loop.h"
#include "core/training/vector_kernels.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
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
    return parameters;
}

/// Takes from each gradient row what lies along the decoder row: it would only change the norm,
/// which is fixed.
void projectOut(const at::Tensor& W_dec, at::Tensor& gradient)
{
    const auto d = static_cast<std::size_t>(W_dec.size(1));
    const float* rows = W_dec.data_ptr<float>();
    float* g = gradient.data_ptr<float>();
    at::parallel_for(0, W_dec.size(0), kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto f = static_cast<std::size_t>(first); f < static_cast<std::size_t>(last); ++f)
            addScaled(g + f * d, -dot(g + f * d, rows + f * d, d), rows + f * d, d);
    });
}

void normalizeRows(at::Tensor& W_dec)
{
    const auto d = static_cast<std::size_t>(W_dec.size(1));
    float* rows = W_dec.data_ptr<float>();
    at::parallel_for(0, W_dec.size(0), kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto f = static_cast<std::size_t>(first); f < static_cast<std::size_t>(last); ++f)
            scaleRow(rows + f * d,
                1.0f / std::sqrt(std::max(dot(rows + f * d, rows + f * d, d), 1e-24f)), d);
    });
}

Result<void> checkOptions(const ActivationStore& store, const DictionaryTrainerOptions& options)
{
    const auto refuse
        = [](std::string why) { return fail(Error::Code::Unsupported, std::move(why)); };
    for (const HookPoint& point : {options.hookIn, options.hookOut})
        if (!store.has(point))
            return fail(Error::Code::NotFound,
                fmt::format("The activations of `{}` were not recorded. Record this place first.",
                    point.name()));
    const std::int64_t d_sae = options.d_sae > 0
        ? options.d_sae
        : options.expansion_factor * store.width(options.hookIn);
    if (d_sae < 1)
        return refuse(
            "d_sae and expansion_factor are both 0: say how many features there should be.");
    if (options.training_tokens < 1 || options.train_batch_size_tokens < 1 || store.tokens() < 1)
        return refuse("training_tokens, train_batch_size_tokens and the recorded text must hold at "
                      "least one token.");
    const bool hasK = options.objective == DictionaryObjective::TopK
        || options.objective == DictionaryObjective::BatchTopK;
    if (hasK && (options.k < 1 || options.k > d_sae))
        return refuse(fmt::format("k is {}; it must be from 1 to d_sae = {}.", options.k, d_sae));
    if (options.has_skip && !options.isTranscoder())
        return refuse("A skip connection makes sense only for a transcoder: an SAE would copy its "
                      "input through it.");
    if (options.objective == DictionaryObjective::JumpRelu
        && (options.jumprelu_bandwidth <= 0.0 || options.jumprelu_init_threshold <= 0.0))
        return refuse("jumprelu_bandwidth and jumprelu_init_threshold must be above 0.");
    return {};
}

} // namespace

Result<std::unique_ptr<DictionaryTrainer>> DictionaryTrainer::create(
    std::shared_ptr<const ActivationStore> store, const DictionaryTrainerOptions& options)
{
    if (auto checked = checkOptions(*store, options); !checked)
        return fail(checked.error());
    return std::unique_ptr<DictionaryTrainer>(new DictionaryTrainer(std::move(store), options));
}

DictionaryTrainer::DictionaryTrainer(
    std::shared_ptr<const ActivationStore> store, const DictionaryTrainerOptions& options)
    : m_store(std::move(store))
    , m_options(options)
    , m_batchSize(std::min(options.train_batch_size_tokens, m_store->tokens()))
    , m_totalSteps((options.training_tokens + m_batchSize - 1) / m_batchSize)
    , m_scaling(DictionaryScaling::measure(*m_store, options))
    , m_weights(initialWeights(*m_store, m_scaling, options))
    , m_gradients(m_weights.zerosLike())
    , m_adam(options.adam, parametersOf(m_weights))
    , m_dead(m_weights.d_sae(), options.dead_feature_window)
    , m_rates(m_weights.d_sae(), options.dead_feature_window)
    , m_batches(m_store->tokens(), m_batchSize, options.seed)
    , m_objective(Objective::create(options))
{
}

Result<DictionaryMetrics> DictionaryTrainer::step()
{
    const auto start = Clock::now();
    const at::NoGradGuard noGrad;
    const std::int64_t step = m_adam.steps();
    const DictionaryBatch batch = m_scaling.batch(*m_store, m_options, m_batches.indices(step));

    std::vector<at::Tensor> gradients;
    for (const Parameter& parameter : parametersOf(m_gradients))
        gradients.push_back(parameter.value.zero_());
    DictionaryMetrics metrics;
    metrics.losses = m_objective->lossAndGradients(
        m_weights, batch, warmUp(step, m_options.l1_warm_up_steps), m_dead.isDead(), m_gradients);
    projectOut(m_weights.W_dec, m_gradients.W_dec);
    metrics.lr = learningRate(m_options.schedule, step, m_totalSteps);
    metrics.gradientNorm = m_adam.step(gradients, metrics.lr);
    if (!std::isfinite(metrics.gradientNorm))
        return fail(Error::Code::Internal,
            fmt::format("{}: training left the range of numbers at step {} (loss {}). Lower lr or "
                        "start again "
                        "from the last checkpoint.",
                m_options.name, step, metrics.losses.loss));
    normalizeRows(m_weights.W_dec);

    m_dead.count(m_objective->acts());
    m_rates.count(m_objective->acts());
    metrics.dead = m_dead.dead();
    metrics.step = step + 1;
    if (m_options.resample_every > 0 && metrics.step % m_options.resample_every == 0 && !isDone())
        metrics.resampled = resampleDead(m_dead, m_weights, m_adam, batch, m_options,
            m_options.seed + static_cast<std::uint64_t>(metrics.step));
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
}

Result<void> DictionaryTrainer::run(std::stop_token stop, const Callback& callback)
{
    return takeAllSteps(*this, stop, callback);
}

Result<std::shared_ptr<const Dictionary>> DictionaryTrainer::dictionary() const
{
    const bool isBatchTopK = m_options.objective == DictionaryObjective::BatchTopK;
    return m_scaling.fold(m_weights, m_options,
        isBatchTopK ? batchTopKThreshold(*m_store, m_scaling, m_weights, m_options) : 0.0);
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
