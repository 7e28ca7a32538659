#include "core/steering/generator.h"

#include "core/interventions/decode.h"
#include "core/steering/text_stream.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace core {

namespace {

/// One text on its way: what chooses its tokens, and what it has said.
struct Writer {
    Writer(const SamplerSettings& settings, const std::vector<TokenId>& prompt,
        const std::shared_ptr<const Tokenizer>& tokenizer, GeneratedStream& stream)
        : sampler(settings, prompt)
        , text(tokenizer, prompt)
        , written(stream)
        , last(prompt.back())
    {
    }

    Sampler sampler;
    TextStream text;
    GeneratedStream& written;
    TokenId last; ///< What is fed to the model; an ended stream repeats its last.
    bool isDone = false;
    bool hasOverflowed = false;
};

} // namespace

Generator::Generator(
    std::shared_ptr<const Transformer> model, std::shared_ptr<const Tokenizer> tokenizer)
    : m_model(std::move(model))
    , m_tokenizer(std::move(tokenizer))
{
    if (m_model->config().eosToken >= 0)
        m_ends.emplace_back(m_model->config().eosToken);
    for (const int end : m_model->config().endTokens)
        m_ends.emplace_back(end);
    if (m_tokenizer && m_tokenizer->eos())
        m_ends.push_back(*m_tokenizer->eos());
}

bool Generator::isEnd(TokenId id) const
{
    return std::find(m_ends.begin(), m_ends.end(), id) != m_ends.end();
}

Result<GeneratorResult> Generator::run(const std::vector<TokenId>& prompt,
    const GeneratorSettings& settings, std::shared_ptr<const LiveInterventions> interventions,
    const std::function<void(const GeneratorStep&)>& onStep, std::stop_token stop) const
{
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const bool isPair = interventions != nullptr;
    std::vector<BatchStream> streams(1);
    if (isPair)
        streams.push_back({interventions, settings.measureKl});
    BatchOptions options;
    options.maxTokens = settings.maxTokens;
    options.held.attention = settings.freezeAttention && isPair;
    options.skipsBos = settings.skipsBos;

    GeneratorResult result;
    const auto stopped = [&] {
        result.isComplete = false;
        result.note = "stopped";
    };
    auto batch = StreamBatch::start(*m_model, prompt, streams, options, stop);
    if (!batch) {
        if (batch.error().code != Error::Code::Cancelled)
            return fail(batch.error());
        stopped();
        return result;
    }

    std::vector<Writer> writers;
    writers.reserve(2);
    writers.emplace_back(settings.sampler, prompt, m_tokenizer, result.normal);
    if (isPair)
        writers.emplace_back(settings.sampler, prompt, m_tokenizer, result.steered);

    const auto write = [&](std::size_t stream, int index) {
        Writer& writer = writers[stream];
        StreamStep step;
        if (writer.isDone)
            return step;
        const TokenId id
            = writer.sampler.choose(batch->logits(stream), static_cast<std::uint64_t>(index));
        writer.hasOverflowed = !id.isValid();
        writer.written.hasEnded = isEnd(id);
        if (!id.isValid() || isEnd(id)) {
            writer.isDone = true;
            step.text = writer.text.finish();
            return step;
        }
        writer.sampler.accept(id);
        writer.last = id;
        step.id = id;
        step.logprob = batch->logProbabilities(stream)[static_cast<std::size_t>(id.value)];
        step.text = writer.text.push(id);
        writer.written.ids.push_back(id);
        writer.written.logprobs.push_back(step.logprob);
        return step;
    };

    const auto writeAll = [&](int index, std::span<TokenId> next) {
        GeneratorStep step;
        step.index = index;
        step.normal = write(0, index);
        if (isPair && !writers[1].isDone) {
            step.kl = settings.measureKl ? static_cast<float>(batch->kl(1)) : 0.0f;
            step.deltaNormRatio = static_cast<float>(batch->deltaNormRatio(1));
            step.steered = write(1, index);
            if (step.steered.id.isValid()) {
                result.kl.push_back(step.kl);
                result.deltaNormRatio.push_back(step.deltaNormRatio);
            }
        }
        if (index + 1 == settings.maxTokens)
            for (std::size_t stream = 0; stream < writers.size(); ++stream)
                (stream == 0 ? step.normal : step.steered).text += writers[stream].text.finish();
        if (onStep)
            onStep(step);
        for (std::size_t stream = 0; stream < writers.size(); ++stream)
            next[stream] = writers[stream].last;
        return !std::all_of(
            writers.begin(), writers.end(), [](const Writer& writer) { return writer.isDone; });
    };
    const auto end = decode(*batch, settings.maxTokens, writeAll, stop);
    if (!end && end.error().code != Error::Code::Cancelled)
        return fail(end.error());
    if (!end)
        stopped();
    else if (*end == DecodeEnd::Context)
        result.note
            = fmt::format("stopped at the context length of {} tokens", m_model->config().n_ctx);

    for (Writer& writer : writers) {
        writer.text.finish();
        writer.written.text = writer.text.text();
        writer.written.repetition = repetition(writer.written.ids);
        result.tokens += std::ssize(writer.written.ids);
        if (writer.hasOverflowed)
            result.note = fmt::format("the {} stream stopped: its numbers are no longer finite. "
                                      "Choose a smaller strength.",
                &writer == &writers.front() ? "normal" : "steered");
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return result;
}

} // namespace core
