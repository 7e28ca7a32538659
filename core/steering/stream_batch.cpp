#include "core/steering/stream_batch.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

// Below this many unchanged positions at the start of a prompt, a pass of their own costs more than it saves.
constexpr std::int64_t kShortestSharedPart = 8;

at::Tensor idTensor(std::span<const TokenId> ids)
{
    at::Tensor tensor = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
    std::int64_t* data = tensor.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < ids.size(); ++i)
        data[i] = ids[i].value;
    return tensor;
}

void freezePatterns(Hooks& hooks, int n_layers)
{
    for (int layer = 0; layer < n_layers; ++layer)
        hooks.on({HookKind::Pattern, Layer(layer)}, [](at::Tensor& pattern) {
            pattern = pattern.narrow(0, 0, 1).expand_as(pattern).contiguous();
        });
}

} // namespace

StreamBatch::StreamBatch(std::shared_ptr<const Transformer> model, std::vector<TokenId> prompt,
                         std::vector<BatchStream> streams, const BatchOptions& options)
    : m_model(std::move(model))
    , m_prompt(std::move(prompt))
    , m_streams(std::move(streams))
    , m_options(options)
    , m_cache(m_model->config().n_layers,
              std::min<std::int64_t>(m_model->config().n_ctx,
                                     static_cast<std::int64_t>(m_prompt.size()) + options.maxTokens))
    , m_ratios(m_streams.size(), 0.0)
{
    m_rows = static_cast<std::int64_t>(m_streams.size());
    for (const BatchStream& stream : m_streams)
        m_referenceRows.push_back(stream.hasReference ? m_rows++ : -1);
}

Result<StreamBatch> StreamBatch::start(std::shared_ptr<const Transformer> model, std::vector<TokenId> prompt,
                                       std::vector<BatchStream> streams, const BatchOptions& options,
                                       std::stop_token stop)
{
    if (prompt.empty())
        return fail(Error::Code::Unsupported, "The prompt is empty. Write at least one word to continue.");
    if (std::ssize(prompt) > model->config().n_ctx)
        return fail(Error::Code::Unsupported,
                    fmt::format("The prompt has {} tokens; {} reads at most {}. Shorten it.", prompt.size(),
                                model->config().name, model->config().n_ctx));
    StreamBatch batch(std::move(model), std::move(prompt), std::move(streams), options);
    if (auto read = batch.readPrompt(stop); !read)
        return fail(read.error());
    return batch;
}

std::int64_t StreamBatch::firstSteerable() const
{
    const int bos = m_model->config().bosToken;
    return m_options.skipsBos && bos >= 0 && m_prompt.front().value == bos && m_prompt.size() > 1 ? 1 : 0;
}

std::int64_t StreamBatch::firstSteered() const
{
    const auto length = static_cast<std::int64_t>(m_prompt.size());
    std::int64_t first = length;
    for (const BatchStream& stream : m_streams)
        if (stream.interventions)
            if (const auto now = stream.interventions->get())
                first = std::min(first, now->firstSteered(length, firstSteerable()));
    return first;
}

Result<void> StreamBatch::readPrompt(std::stop_token stop)
{
    const c10::InferenceMode inference;
    const at::Tensor ids = idTensor(m_prompt);
    const std::int64_t length = ids.size(1);
    std::int64_t shared = firstSteered();
    if (shared < length && shared < kShortestSharedPart)
        shared = 0;
    if (shared > 0) {
        if (auto passed = pass(ids.narrow(1, 0, shared), /*isSteered=*/false, stop); !passed)
            return passed;
        if (m_rows > 1)
            m_cache.repeat(m_rows);
    }
    if (shared < length)
        return pass(ids.narrow(1, shared, length - shared).expand({m_rows, -1}), /*isSteered=*/true, stop);
    m_logits = m_logits.expand({m_rows, -1}).contiguous();
    m_logProbabilities = m_logProbabilities.expand({m_rows, -1}).contiguous();
    return {};
}

Result<void> StreamBatch::pass(const at::Tensor& ids, bool isSteered, std::stop_token stop)
{
    Hooks hooks;
    std::vector<std::shared_ptr<SteeringTrace>> traces(m_streams.size());
    const bool isPrompt = m_cache.length() < static_cast<std::int64_t>(m_prompt.size());
    for (std::size_t stream = 0; isSteered && stream < m_streams.size(); ++stream) {
        const auto now = m_streams[stream].interventions ? m_streams[stream].interventions->get() : nullptr;
        if (!now || now->isEmpty())
            continue;
        SteeredSpan span;
        span.rowBegin = static_cast<std::int64_t>(stream);
        span.rowEnd = span.rowBegin + 1;
        span.firstPosition = m_cache.length();
        span.length = ids.size(1);
        span.promptLength = static_cast<std::int64_t>(m_prompt.size());
        span.firstSteerable = firstSteerable();
        traces[stream] = std::make_shared<SteeringTrace>();
        ActiveInterventions::install(now, span, traces[stream], hooks);
    }
    if (isSteered && isPrompt && m_options.freezeAttention)
        freezePatterns(hooks, m_model->config().n_layers);

    ForwardOptions options;
    options.cache = &m_cache;
    options.isLastLogitsOnly = true;
    options.stop = stop;
    const auto device = m_model->weights().W_E.device();
    auto logits = m_model->forward(ids.to(device), hooks, options);
    if (!logits)
        return fail(logits.error());
    m_logits = logits->select(1, logits->size(1) - 1).to(at::kCPU, at::kFloat).contiguous();
    m_logProbabilities = at::log_softmax(m_logits, -1);
    for (std::size_t stream = 0; stream < m_streams.size(); ++stream)
        m_ratios[stream] = traces[stream] ? traces[stream]->deltaNormRatio : 0.0;
    return {};
}

Result<void> StreamBatch::advance(std::span<const TokenId> next, std::stop_token stop)
{
    const c10::InferenceMode inference;
    at::Tensor ids = at::empty({m_rows, 1}, at::kLong);
    std::int64_t* data = ids.data_ptr<std::int64_t>();
    for (std::size_t stream = 0; stream < m_streams.size(); ++stream) {
        data[stream] = next[stream].value;
        if (m_referenceRows[stream] >= 0)
            data[m_referenceRows[stream]] = next[stream].value;
    }
    return pass(ids, /*isSteered=*/true, stop);
}

std::span<const float> StreamBatch::rowOf(const at::Tensor& values, std::int64_t row) const
{
    const auto width = static_cast<std::size_t>(values.size(1));
    return {values.data_ptr<float>() + static_cast<std::size_t>(row) * width, width};
}

std::span<const float> StreamBatch::logits(std::size_t stream) const
{
    return rowOf(m_logits, static_cast<std::int64_t>(stream));
}

std::span<const float> StreamBatch::logProbabilities(std::size_t stream) const
{
    return rowOf(m_logProbabilities, static_cast<std::int64_t>(stream));
}

std::span<const float> StreamBatch::referenceLogProbabilities(std::size_t stream) const
{
    return rowOf(m_logProbabilities, m_referenceRows[stream]);
}

double StreamBatch::kl(std::size_t stream) const
{
    const c10::InferenceMode inference;
    const at::Tensor p = m_logProbabilities[static_cast<std::int64_t>(stream)];
    const at::Tensor q = m_logProbabilities[m_referenceRows[stream]];
    // Where p is zero in float32 its term is zero, not a difference of infinities.
    const at::Tensor terms = (p.exp() * (p - q)).masked_fill(p.exp().eq(0), 0.0);
    return std::max(0.0, terms.sum(at::kDouble).item<double>());
}

} // namespace core
