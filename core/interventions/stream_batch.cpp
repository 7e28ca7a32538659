#include "core/interventions/stream_batch.h"

#include "core/model/host_copy.h"
#include "core/model/token_ids.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

// Below this many unchanged positions at the start of a prompt, a pass of their own costs more than
// it saves.
constexpr std::int64_t kShortestSharedPart = 8;

Result<void> checkPrompt(const std::vector<TokenId>& prompt, const ModelConfig& model)
{
    if (prompt.empty())
        return fail(
            Error::Code::Unsupported, "The prompt is empty. Write at least one word to continue.");
    if (std::ssize(prompt) > model.n_ctx)
        return fail(Error::Code::Unsupported,
            fmt::format("The prompt has {} tokens; {} reads at most {}. Shorten it.", prompt.size(),
                model.name, model.n_ctx));
    return {};
}

/// Once the trace is on the host.
double ratioOf(const std::shared_ptr<SteeringTrace>& trace)
{
    return trace && trace->deltaNormRatio.defined() ? trace->deltaNormRatio.item<double>() : 0.0;
}

} // namespace

StreamBatch::StreamBatch(const Transformer& model, std::vector<TokenId> prompt,
    std::vector<BatchStream> streams, const BatchOptions& options)
    : m_model(&model)
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

Result<StreamBatch> StreamBatch::start(const Transformer& model, std::vector<TokenId> prompt,
    std::vector<BatchStream> streams, const BatchOptions& options, std::stop_token stop)
{
    if (auto checked = checkPrompt(prompt, model.config()); !checked)
        return fail(checked.error());
    StreamBatch batch(model, std::move(prompt), std::move(streams), options);
    if (auto read = batch.readPrompt(stop); !read)
        return fail(read.error());
    return batch;
}

Result<StreamBatch> StreamBatch::startApart(const Transformer& model,
    const std::vector<std::vector<TokenId>>& prompts, const BatchOptions& options,
    std::stop_token stop)
{
    for (const std::vector<TokenId>& prompt : prompts)
        if (auto checked = checkPrompt(prompt, model.config()); !checked)
            return fail(checked.error());
    StreamBatch batch(model, prompts.front(), std::vector<BatchStream>(prompts.size()), options);
    const c10::InferenceMode inference;
    auto logits = batch.pass(batch.m_cache, idsTensor(prompts), {}, stop);
    if (!logits)
        return fail(logits.error());
    batch.keep(std::move(*logits));
    return batch;
}

std::int64_t StreamBatch::firstSteerable() const
{
    const int bos = m_model->config().bosToken;
    return m_options.skipsBos && bos >= 0 && m_prompt.front().value == bos && m_prompt.size() > 1
        ? 1
        : 0;
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
    const at::Tensor ids = idsTensor(m_prompt);
    const std::int64_t length = ids.size(1);
    std::int64_t shared = firstSteered();
    if (shared < length && shared < kShortestSharedPart)
        shared = 0;
    if (shared > 0) {
        auto logits = pass(m_cache, ids.narrow(1, 0, shared), {}, stop);
        if (!logits)
            return fail(logits.error());
        if (shared == length) {
            if (m_rows > 1)
                m_cache.repeat(m_rows);
            keep(logits->expand({m_rows, -1}).contiguous());
            return {};
        }
    }
    return readApart(ids.narrow(1, shared, length - shared), stop);
}

/// One pass of one row for each different set of changes: fewer rows than streams, and equal
/// changes give equal bits, which rows at different places of one large product do not promise.
Result<void> StreamBatch::readApart(const at::Tensor& ids, std::stop_token stop)
{
    Readings readings;
    std::vector<const Reading*> ofRow(static_cast<std::size_t>(m_rows));
    for (std::size_t stream = 0; stream < m_streams.size(); ++stream) {
        const auto own
            = read(readings, stream, m_streams[stream].interventions != nullptr, ids, stop);
        if (!own)
            return fail(own.error());
        ofRow[stream] = *own;
        m_ratios[stream] = (*own)->ratio;
        if (m_referenceRows[stream] < 0)
            continue;
        const auto reference = read(readings, stream, false, ids, stop);
        if (!reference)
            return fail(reference.error());
        ofRow[static_cast<std::size_t>(m_referenceRows[stream])] = *reference;
    }
    join(ofRow);
    return {};
}

Result<const StreamBatch::Reading*> StreamBatch::read(Readings& readings, std::size_t stream,
    bool isChanged, const at::Tensor& ids, std::stop_token stop) const
{
    const LiveInterventions* changes = isChanged ? m_streams[stream].interventions.get() : nullptr;
    const bool isHeld = isChanged && !m_options.held.isNone() && !m_streams[stream].isFree;
    const double share = isChanged ? m_streams[stream].changeShare : 1.0;
    const std::tuple key(changes, isHeld, share);
    if (const auto found = readings.find(key); found != readings.end())
        return &found->second;
    const ModelConfig& config = m_model->config();
    Reading reading{m_cache, {}, 0.0, {}};
    reading.cache.repeat(1); // memory of its own
    Hooks hooks;
    std::shared_ptr<SteeringTrace> trace;
    if (isChanged) {
        SteeredSpan span = spanOf(0, m_cache.length(), ids.size(1));
        if (isHeld) {
            const auto unchanged = read(readings, stream, false, ids, stop);
            if (!unchanged)
                return fail(unchanged.error());
            hold(m_options.held, config, *(*unchanged)->kept, hooks);
            if (m_options.held.layers)
                span.unchanged = (*unchanged)->kept;
        }
        const auto now = changesOf(stream);
        if (now && now->conditions()) {
            const auto unchanged = read(readings, stream, false, ids, stop);
            if (!unchanged)
                return fail(unchanged.error());
            // Conditions that came between the two passes are read from the next token on.
            const auto found = (*unchanged)->conditions.find(stream);
            const auto count = static_cast<std::int64_t>(now->conditions()->size());
            if (found != (*unchanged)->conditions.end() && found->second->size(2) == count)
                span.conditions = (*found->second)[0];
        }
        trace = steer(stream, span, hooks);
    } else {
        for (std::size_t each = 0; each < m_streams.size(); ++each)
            if (const auto now = changesOf(each); now && now->conditions()) {
                auto read = std::make_shared<at::Tensor>();
                ActivationReader::install(now->conditions(), read, hooks);
                reading.conditions.emplace(each, std::move(read));
            }
        auto kept = std::make_shared<ActivationCache>();
        for (const HookPoint point : heldPoints(m_options.held, config))
            hooks.on(point, [kept, point](at::Tensor& value) { kept->keep(point, value); });
        reading.kept = kept;
    }
    std::vector<at::Tensor*> beside;
    if (trace)
        beside.push_back(&trace->deltaNormRatio);
    for (auto& [each, condition] : reading.conditions)
        beside.push_back(condition.get());
    auto logits = pass(reading.cache, ids, hooks, stop, beside);
    if (!logits)
        return fail(logits.error());
    reading.logits = std::move(*logits);
    reading.ratio = ratioOf(trace);
    return &readings.emplace(key, std::move(reading)).first->second;
}

void StreamBatch::join(const std::vector<const Reading*>& ofRow)
{
    const ModelConfig& config = m_model->config();
    KvCache joined(config.n_layers, m_cache.capacity());
    for (int layer = 0; layer < config.n_layers; ++layer) {
        std::vector<at::Tensor> keys, values;
        for (const Reading* reading : ofRow) {
            const auto options = reading->logits.options().device(m_model->device());
            const at::Tensor nothing
                = at::empty({1, config.n_key_value_heads, 0, config.d_head}, options);
            auto [k, v] = KvCache(reading->cache).append(layer, nothing, nothing);
            keys.push_back(k);
            values.push_back(v);
        }
        joined.append(layer, at::cat(keys), at::cat(values));
    }
    joined.advance(static_cast<std::int64_t>(m_prompt.size()));
    m_cache = std::move(joined);
    std::vector<at::Tensor> rows;
    for (const Reading* reading : ofRow)
        rows.push_back(reading->logits);
    keep(at::cat(rows));
}

SteeredSpan StreamBatch::spanOf(std::int64_t row, std::int64_t first, std::int64_t length) const
{
    SteeredSpan span;
    span.rowBegin = row;
    span.rowEnd = row + 1;
    span.firstPosition = first;
    span.length = length;
    span.promptLength = static_cast<std::int64_t>(m_prompt.size());
    span.firstSteerable = firstSteerable();
    span.layers = m_options.held.changedLayers();
    return span;
}

std::shared_ptr<const ActiveInterventions> StreamBatch::changesOf(std::size_t stream) const
{
    const auto now
        = m_streams[stream].interventions ? m_streams[stream].interventions->get() : nullptr;
    return now && !now->isEmpty() ? now : nullptr;
}

std::shared_ptr<SteeringTrace> StreamBatch::steer(
    std::size_t stream, const SteeredSpan& span, Hooks& hooks) const
{
    const auto now = changesOf(stream);
    if (!now)
        return nullptr;
    auto trace = std::make_shared<SteeringTrace>();
    SteeredSpan shared = span;
    shared.share = m_streams[stream].changeShare;
    ActiveInterventions::install(now, shared, trace, hooks);
    return trace;
}

Result<at::Tensor> StreamBatch::pass(KvCache& cache, const at::Tensor& ids, const Hooks& hooks,
    std::stop_token stop, const std::vector<at::Tensor*>& beside) const
{
    ForwardOptions options;
    options.cache = &cache;
    options.isLastLogitsOnly = true;
    options.stop = stop;
    const auto logits = m_model->forward(ids, hooks, options);
    if (!logits)
        return fail(logits.error());
    std::vector<at::Tensor> wanted{logits->select(1, logits->size(1) - 1)};
    for (const at::Tensor* value : beside)
        wanted.push_back(*value);
    const std::vector<at::Tensor> here = toHost(wanted);
    for (std::size_t i = 0; i < beside.size(); ++i)
        *beside[i] = here[i + 1];
    return here.front();
}

void StreamBatch::keep(at::Tensor logits)
{
    m_logits = std::move(logits);
    m_logProbabilities.reset();
}

Result<std::vector<at::Tensor>> StreamBatch::readConditions(
    const at::Tensor& ids, std::stop_token stop)
{
    std::vector<at::Tensor> conditions(m_streams.size());
    std::vector<std::shared_ptr<at::Tensor>> readings(m_streams.size());
    Hooks hooks;
    for (std::size_t stream = 0; stream < m_streams.size(); ++stream)
        if (const auto now = changesOf(stream); now && now->conditions()) {
            readings[stream] = std::make_shared<at::Tensor>();
            ActivationReader::install(now->conditions(), readings[stream], hooks);
        }
    if (hooks.isEmpty())
        return conditions;
    const std::int64_t length = m_cache.length();
    ForwardOptions options;
    options.cache = &m_cache;
    options.isLastLogitsOnly = true;
    options.stop = stop;
    const auto logits = m_model->forward(ids, hooks, options);
    m_cache.truncate(length); // the pass that counts writes the same places again
    if (!logits)
        return fail(logits.error());
    std::vector<at::Tensor> read(readings.size());
    for (std::size_t stream = 0; stream < readings.size(); ++stream)
        if (readings[stream])
            read[stream] = *readings[stream];
    read = toHost(read);
    for (std::size_t stream = 0; stream < m_streams.size(); ++stream)
        if (readings[stream]) {
            const std::int64_t reference = m_referenceRows[stream];
            const auto row = reference >= 0 ? reference : static_cast<std::int64_t>(stream);
            conditions[stream] = read[stream][row];
        }
    return conditions;
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
    const auto conditions = readConditions(ids, stop);
    if (!conditions)
        return fail(conditions.error());
    Hooks hooks;
    const auto topic = std::make_shared<at::Tensor>();
    if (m_options.topic)
        ActivationReader::install(m_options.topic, topic, hooks);
    std::vector<std::shared_ptr<SteeringTrace>> traces;
    for (std::size_t stream = 0; stream < m_streams.size(); ++stream) {
        SteeredSpan span = spanOf(static_cast<std::int64_t>(stream), m_cache.length(), 1);
        span.conditions = (*conditions)[stream];
        traces.push_back(steer(stream, span, hooks));
    }
    std::vector<at::Tensor*> beside{topic.get()};
    for (const auto& trace : traces)
        if (trace)
            beside.push_back(&trace->deltaNormRatio);
    auto logits = pass(m_cache, ids, hooks, stop, beside);
    if (!logits)
        return fail(logits.error());
    for (std::size_t stream = 0; stream < m_streams.size(); ++stream)
        m_ratios[stream] = ratioOf(traces[stream]);
    if (topic->defined()) {
        const at::Tensor fires = topic->ne(0).any(-1).flatten(); // one position
        m_isOnTopic.assign(fires.data_ptr<bool>(), fires.data_ptr<bool>() + fires.numel());
    }
    keep(std::move(*logits));
    return {};
}

bool StreamBatch::isOnTopic(std::size_t stream) const
{
    const std::int64_t reference = m_referenceRows[stream];
    const std::size_t row = reference >= 0 ? static_cast<std::size_t>(reference) : stream;
    return row < m_isOnTopic.size() && m_isOnTopic[row];
}

const at::Tensor& StreamBatch::allLogProbabilities() const
{
    if (!m_logProbabilities.defined()) {
        const c10::InferenceMode inference;
        m_logProbabilities = at::log_softmax(m_logits, -1);
    }
    return m_logProbabilities;
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

std::span<const float> StreamBatch::referenceLogits(std::size_t stream) const
{
    return rowOf(m_logits, m_referenceRows[stream]);
}

std::span<const float> StreamBatch::logProbabilities(std::size_t stream) const
{
    return rowOf(allLogProbabilities(), static_cast<std::int64_t>(stream));
}

std::span<const float> StreamBatch::referenceLogProbabilities(std::size_t stream) const
{
    return rowOf(allLogProbabilities(), m_referenceRows[stream]);
}

double StreamBatch::kl(std::size_t stream) const
{
    const c10::InferenceMode inference;
    const at::Tensor p = allLogProbabilities()[static_cast<std::int64_t>(stream)];
    const at::Tensor q = allLogProbabilities()[m_referenceRows[stream]];
    // Where p is zero in float32 its term is zero, not a difference of infinities.
    const at::Tensor terms = (p.exp() * (p - q)).masked_fill(p.exp().eq(0), 0.0);
    return std::max(0.0, terms.sum(at::kDouble).item<double>());
}

} // namespace core
