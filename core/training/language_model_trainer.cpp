#include "core/training/language_model_trainer.h"

#include "core/model/tensor_io.h"
#include "core/training/training_loop.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

using Clock = std::chrono::steady_clock;

/// Mean cross-entropy and, written over `logits`, its gradient: (softmax - one-hot) / n. One pass
/// less over the largest tensor of the step than autograd's own cross-entropy.
double lossAndGradient(at::Tensor& logits, const at::Tensor& targets)
{
    const at::NoGradGuard noGrad;
    const std::int64_t n = logits.size(0);
    at::Tensor logProbabilities = at::log_softmax(logits, 1);
    const at::Tensor column = targets.unsqueeze(1);
    const double loss = -logProbabilities.gather(1, column).mean().item<double>();
    logits = logProbabilities.exp_();
    logits.scatter_add_(1, column, at::full({n, 1}, -1.0f));
    logits.mul_(1.0 / static_cast<double>(n));
    return loss;
}

std::vector<Parameter> trainedParameters(const Transformer& model)
{
    std::vector<Parameter> parameters;
    for (auto& [name, weight] : model.namedWeights())
        parameters.push_back({name, weight, weight.dim() >= 2}); // gains and biases do not decay
    return parameters;
}

} // namespace

Result<std::unique_ptr<LanguageModelTrainer>> LanguageModelTrainer::create(
    std::shared_ptr<Transformer> model, std::shared_ptr<const TokenCorpus> corpus,
    const LanguageModelTrainerOptions& options)
{
    const ModelConfig& config = model->config();
    if (options.context_size < 1 || options.context_size > config.n_ctx)
        return fail(Error::Code::Unsupported,
            fmt::format("context_size {} does not fit the model's context of {} "
                        "tokens. Choose 1 to {}.",
                options.context_size, config.n_ctx, config.n_ctx));
    if (corpus->d_vocab() != config.d_vocab)
        return fail(Error::Code::Unsupported,
            fmt::format(
                "The text has a vocabulary of {} and the model one of {}. Cut the text with the "
                "model's own tokenizer.",
                corpus->d_vocab(), config.d_vocab));
    if (corpus->tokens() < 2)
        return fail(
            Error::Code::Unsupported, "The text to train on is empty. Give at least one document.");
    if (options.training_tokens < 1 || options.train_batch_size_tokens < 1)
        return fail(Error::Code::Unsupported,
            "training_tokens and train_batch_size_tokens must be at least 1.");
    std::vector<Parameter> parameters = trainedParameters(*model);
    for (const Parameter& parameter : parameters)
        if (!parameter.value.is_contiguous() || parameter.value.scalar_type() != at::kFloat)
            return fail(Error::Code::Unsupported,
                fmt::format("Weight `{}` is not plain float32 in memory and cannot be trained. "
                            "Train a model "
                            "that was made here.",
                    parameter.name));
    return std::unique_ptr<LanguageModelTrainer>(new LanguageModelTrainer(
        std::move(model), std::move(corpus), options, std::move(parameters)));
}

LanguageModelTrainer::LanguageModelTrainer(std::shared_ptr<Transformer> model,
    std::shared_ptr<const TokenCorpus> corpus, const LanguageModelTrainerOptions& options,
    std::vector<Parameter> parameters)
    : m_model(std::move(model))
    , m_options(options)
    , m_windowsPerStep(
          std::max<std::int64_t>(1, options.train_batch_size_tokens / options.context_size))
    , m_totalSteps((options.training_tokens + m_windowsPerStep * options.context_size - 1)
          / (m_windowsPerStep * options.context_size))
    , m_windows(std::move(corpus), options.context_size + 1, options.seed)
    , m_adam(options.adam, std::move(parameters))
{
    for (const Parameter& parameter : m_adam.parameters())
        parameter.value.set_requires_grad(true);
}

LanguageModelTrainer::~LanguageModelTrainer()
{
    for (const Parameter& parameter : m_adam.parameters()) {
        parameter.value.set_requires_grad(false);
        parameter.value.mutable_grad().reset();
    }
}

Result<LanguageModelMetrics> LanguageModelTrainer::step()
{
    const auto start = Clock::now();
    const at::AutoGradMode gradients(true);
    const std::int64_t T = m_options.context_size;
    const at::Tensor ids = m_windows.next(m_windowsPerStep);
    const at::Tensor targets = ids.narrow(1, 1, T).reshape({-1});

    const Result<at::Tensor> logits = m_model->forward(ids.narrow(1, 0, T));
    if (!logits)
        return fail(logits.error());
    const at::Tensor flat = logits->reshape({targets.size(0), -1});
    at::Tensor gradient = flat.detach();
    LanguageModelMetrics metrics;
    metrics.loss = lossAndGradient(gradient, targets);
    flat.backward(gradient);

    std::vector<at::Tensor> weightGradients;
    for (const Parameter& parameter : m_adam.parameters())
        weightGradients.push_back(parameter.value.grad());
    metrics.lr = learningRate(m_options.schedule, m_adam.steps(), m_totalSteps);
    {
        const at::NoGradGuard noGrad;
        metrics.gradNorm = m_adam.step(weightGradients, metrics.lr);
    }
    for (const Parameter& parameter : m_adam.parameters())
        parameter.value.mutable_grad().reset();
    if (!std::isfinite(metrics.gradNorm) || !std::isfinite(metrics.loss))
        return fail(Error::Code::Internal,
            fmt::format("Training left the range of numbers at step {} (loss {}, gradient norm "
                        "{}). Lower lr "
                        "or start again from the last checkpoint.",
                m_adam.steps(), metrics.loss, metrics.gradNorm));

    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    metrics.step = m_adam.steps();
    metrics.totalSteps = m_totalSteps;
    metrics.tokens = m_adam.steps() * m_windowsPerStep * T;
    metrics.tokensPerSecond = static_cast<double>(m_windowsPerStep * T) / std::max(seconds, 1e-9);
    return metrics;
}

Result<void> LanguageModelTrainer::runFor(std::chrono::milliseconds time, const Callback& callback)
{
    return takeSteps(*this, callback, [end = Clock::now() + time] { return Clock::now() >= end; });
}

Result<void> LanguageModelTrainer::run(std::stop_token stop, const Callback& callback)
{
    return takeAllSteps(*this, stop, callback);
}

Result<void> LanguageModelTrainer::saveCheckpoint(const std::filesystem::path& path) const
{
    auto tensors = m_adam.state();
    const TrainingWindows::State place = m_windows.state();
    tensors.emplace_back("place", at::tensor({place.epoch, place.cursor}, at::kLong));
    return saveTensors(path, tensors, {{"format", "featurescope language model checkpoint 1"}});
}

Result<void> LanguageModelTrainer::resume(const std::filesystem::path& path)
{
    const at::NoGradGuard noGrad;
    const auto tensors = loadTensors(path);
    if (!tensors)
        return fail(tensors.error());
    const auto place = tensors->find("place");
    if (place == tensors->end() || place->second.numel() != 2
        || place->second.scalar_type() != at::kLong)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: tensor `place` is missing or malformed. This is not a checkpoint of a "
                        "language "
                        "model's training.",
                path.string()));
    const std::int64_t epoch = place->second[0].item<std::int64_t>();
    const std::int64_t cursor = place->second[1].item<std::int64_t>();
    if (epoch < 0 || cursor < 0 || cursor > m_windows.pieces())
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: the place {}:{} is outside the text. The checkpoint was made with "
                        "another text.",
                path.string(), epoch, cursor));
    if (Result<void> restored = m_adam.restore(*tensors, path.string()); !restored)
        return restored;
    m_windows.restore({epoch, cursor});
    return {};
}

} // namespace core
