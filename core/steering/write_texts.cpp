#include "core/steering/write_texts.h"

#include "core/interventions/decode.h"
#include "core/interventions/guarded_sampler.h"
#include "core/steering/text_stream.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace core {

namespace {

/// One text on its way.
struct Writer {
    Writer(const TextPlan& plan_, const std::vector<TokenId>& prompt,
        const std::shared_ptr<const Tokenizer>& tokenizer)
        : plan(plan_)
        , sampler(plan.sampler, prompt)
        , stream(tokenizer, prompt)
        , last(prompt.back())
    {
        if (plan.guard && plan.isChanged())
            guarded.emplace(*plan.guard);
    }

    const TextPlan& plan;
    Sampler sampler;
    std::optional<GuardedSampler> guarded;
    TextStream stream;
    WrittenText written;
    TokenId last; ///< What is fed to the model; an ended text repeats its last.
    bool isDone = false;
};

/// The text's token of this step, with its figures but not yet counted as said.
TextToken chooseToken(const StreamBatch& batch, std::size_t row, int step, Writer& writer)
{
    TextToken token;
    TokenFigures& figures = token.figures;
    const auto index = static_cast<std::size_t>(step);
    if (writer.guarded) {
        const auto choice = writer.guarded->choose(writer.sampler, batch.logits(row),
            batch.referenceLogits(row), static_cast<std::uint64_t>(step));
        token.id = choice.id;
        figures.lambda = static_cast<float>(choice.lambda);
        figures.spent = static_cast<float>(choice.kl);
        figures.beyond = static_cast<float>(choice.beyond);
    } else {
        token.id = writer.sampler.choose(batch.logits(row), static_cast<std::uint64_t>(step));
    }
    if (index < writer.plan.start.size())
        token.id = writer.plan.start[index];
    if (!token.id.isValid())
        return token;
    figures.logprob = batch.logProbabilities(row)[token.id.index()];
    if (writer.plan.isReadUnsteered()) {
        figures.kl = static_cast<float>(batch.kl(row));
        figures.surprisal = -batch.referenceLogProbabilities(row)[token.id.index()];
    } else {
        figures.surprisal = -figures.logprob;
    }
    figures.deltaNormRatio = static_cast<float>(batch.deltaNormRatio(row));
    return token;
}

TextToken write(const StreamBatch& batch, std::size_t row, int step, const Transformer& model,
    const Tokenizer* tokenizer, Writer& writer)
{
    TextToken none;
    if (writer.isDone)
        return none;
    TextToken token = chooseToken(batch, row, step, writer);
    writer.written.spent += static_cast<double>(token.figures.spent);
    writer.written.beyond += static_cast<double>(token.figures.beyond);
    ++writer.written.draws;
    const bool isEnd = token.id.isValid()
        && (model.config().isEnd(token.id.value) || (tokenizer && tokenizer->eos() == token.id));
    if (!token.id.isValid() || isEnd) {
        writer.written.hasOverflowed = !token.id.isValid();
        writer.written.hasEnded = isEnd;
        writer.isDone = true;
        none.text = writer.stream.finish();
        return none;
    }
    writer.written.ids.push_back(token.id);
    writer.written.figures.push_back(token.figures);
    writer.sampler.accept(token.id);
    writer.last = token.id;
    token.text = writer.stream.push(token.id);
    return token;
}

} // namespace

double worthOf(double onTopicShare, double surprisal)
{
    // Tuned on the built-in model, on questions that no claim is measured on: of 0.02 to 0.3 the
    // value that chose whole texts on topic most often.
    constexpr double kPerNat = 0.2;
    return onTopicShare - kPerNat * surprisal;
}

double WrittenText::mean(float TokenFigures::*figure) const
{
    double sum = 0.0;
    for (const TokenFigures& token : figures)
        sum += static_cast<double>(token.*figure);
    return figures.empty() ? 0.0 : sum / static_cast<double>(figures.size());
}

double WrittenText::percentile(float TokenFigures::*figure, double share) const
{
    if (figures.empty())
        return 0.0;
    std::vector<float> values;
    for (const TokenFigures& token : figures)
        values.push_back(token.*figure);
    const auto rank = static_cast<std::size_t>(
        std::max(1.0, std::ceil(share * static_cast<double>(values.size()))));
    const auto nth
        = values.begin() + static_cast<std::ptrdiff_t>(std::min(rank, values.size()) - 1);
    std::nth_element(values.begin(), nth, values.end());
    return static_cast<double>(*nth);
}

double WrittenText::onTopicShare() const
{
    return isOnTopic.empty()
        ? 0.0
        : static_cast<double>(std::count(isOnTopic.begin(), isOnTopic.end(), true))
            / static_cast<double>(isOnTopic.size());
}

KlAccount WrittenText::account(const FluencyGuard& guard) const
{
    return {spent + chosen, guard.meanKl * draws + guard.peakKl + chosen, beyond};
}

std::int64_t WrittenTexts::tokens() const
{
    return std::accumulate(texts.begin(), texts.end(), std::int64_t{0},
        [](std::int64_t sum, const WrittenText& text) { return sum + std::ssize(text.ids); });
}

namespace {

Result<WrittenTexts> writeAsPlanned(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const std::vector<TextPlan>& plans, const WriteOptions& options,
    const std::function<void(const WriteStep&)>& onStep, std::stop_token stop)
{
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    WrittenTexts result;
    std::vector<BatchStream> streams;
    BatchOptions batchOptions;
    batchOptions.maxTokens = options.maxTokens;
    batchOptions.skipsBos = options.skipsBos;
    batchOptions.topic = options.topic;
    for (const TextPlan& plan : plans) {
        streams.push_back(
            {plan.interventions, plan.isReadUnsteered(), !plan.freezeAttention, plan.changeShare});
        batchOptions.held.attention
            = batchOptions.held.attention || (plan.isChanged() && plan.freezeAttention);
    }
    auto batch = StreamBatch::start(model, prompt, streams, batchOptions, stop);
    if (!batch) {
        if (batch.error().code != Error::Code::Cancelled)
            return fail(batch.error());
        result.texts.resize(plans.size());
        result.isComplete = false;
        return result;
    }

    std::vector<Writer> writers;
    writers.reserve(plans.size());
    for (const TextPlan& plan : plans)
        writers.emplace_back(plan, prompt, tokenizer);
    std::vector<TextToken> tokens(plans.size());
    const auto writeAll = [&](int index, std::span<TokenId> next) {
        WriteStep step;
        step.index = index;
        step.wasOnTopic.resize(plans.size());
        for (std::size_t row = 0; row < writers.size(); ++row) {
            Writer& writer = writers[row];
            // The pass behind this step read what was written last.
            if (options.topic && !writer.isDone && index > 0) {
                step.wasOnTopic[row] = batch->isOnTopic(row);
                writer.written.isOnTopic.push_back(step.wasOnTopic[row]);
            }
            tokens[row] = write(*batch, row, index, model, tokenizer.get(), writer);
            if (index + 1 == options.maxTokens)
                tokens[row].text += writer.stream.finish();
            next[row] = writer.last;
        }
        step.tokens = tokens;
        if (onStep)
            onStep(step);
        return !std::all_of(
            writers.begin(), writers.end(), [](const Writer& writer) { return writer.isDone; });
    };
    const auto end = decode(*batch, options.maxTokens, writeAll, stop);
    if (!end && end.error().code != Error::Code::Cancelled)
        return fail(end.error());
    result.isComplete = end.has_value();
    result.isAtContextEnd = end && *end == DecodeEnd::Context;
    for (Writer& writer : writers) {
        writer.stream.finish();
        writer.written.text = writer.stream.text();
        writer.written.changeShare = writer.plan.changeShare;
        writer.written.repetition = repetition(writer.written.ids);
        result.texts.push_back(std::move(writer.written));
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return result;
}

/// How many beginnings a text chooses among: greedy ones differ by their share alone.
int beginningsOf(const TextPlan& plan, const WriteOptions& options)
{
    if (!plan.isChanged() || !plan.guard || !options.topic || !plan.start.empty())
        return 1;
    return plan.sampler.temperature > 0.0
        ? plan.guard->candidates
        : std::min(plan.guard->candidates, plan.guard->halvings + 1);
}

/// Of equals the first.
std::size_t bestOf(std::span<const WrittenText> texts)
{
    const auto worth = [](const WrittenText& text) {
        return worthOf(text.onTopicShare(), text.mean(&TokenFigures::surprisal));
    };
    return static_cast<std::size_t>(
        std::max_element(texts.begin(), texts.end(),
            [&](const WrittenText& a, const WrittenText& b) { return worth(a) < worth(b); })
        - texts.begin());
}

/// So many that what is kept of them takes half a gigabyte: some 85 with a vocabulary of 50,000.
std::size_t beginningsAtOnce(const Transformer& model)
{
    constexpr std::size_t kBytes = 500'000'000;
    // Of each token of the vocabulary: logits and logarithms, steered, unsteered and mixed, as
    // measured.
    constexpr std::size_t kPerToken = 120;
    return kBytes / (kPerToken * static_cast<std::size_t>(model.config().d_vocab));
}

/// The shares of a change, as powers of two, at which the next token moves by `nats`: between two
/// halvings the logarithms of both are taken to lie on a line. `kl`: at the whole change, 1/2, ..;
/// falling. Its first or last place where all are below or above.
double halvingsAt(const std::vector<double>& kl, double nats)
{
    std::size_t below = 0;
    while (below < kl.size() && !(kl[below] <= nats)) // also what is no number is too much
        ++below;
    if (below == 0 || below == kl.size())
        return below == 0 ? 0.0 : static_cast<double>(kl.size() - 1);
    const double more = kl[below - 1], less = kl[below];
    const double part
        = std::isfinite(more) && less > 0.0 ? std::log(more / nats) / std::log(more / less) : 1.0;
    return static_cast<double>(below - 1) + part;
}

/// The shares of its change that a text's beginnings are drawn at, the largest first
/// (docs/definitions.md section 4.2).
Result<std::vector<double>> sharesFor(const Transformer& model, const std::vector<TokenId>& prompt,
    const TextPlan& plan, const WriteOptions& options, const std::stop_token& stop)
{
    // Measured on the built-in model and on SmolLM2 135M: a first token moved by more is followed
    // by broken text, by less the text stays on its own topic.
    constexpr double kMuch = 2.0, kHardly = 0.5; // nats
    constexpr int kShares = 4;
    std::vector<BatchStream> streams;
    for (int i = 0; i <= plan.guard->halvings; ++i)
        streams.push_back({plan.interventions, true, !plan.freezeAttention, std::ldexp(1.0, -i)});
    if (streams.size() == 1)
        return std::vector<double>{1.0};
    BatchOptions batchOptions;
    batchOptions.maxTokens = 0;
    batchOptions.skipsBos = options.skipsBos;
    batchOptions.held.attention = plan.freezeAttention;
    const auto batch = StreamBatch::start(model, prompt, streams, batchOptions, stop);
    if (!batch)
        return fail(batch.error());
    std::vector<double> kl;
    for (std::size_t i = 0; i < streams.size(); ++i)
        kl.push_back(batch->kl(i));
    // A change that acts on what is generated alone moves nothing yet.
    if (kl.front() <= kHardly)
        return std::vector<double>{1.0};
    const double first = halvingsAt(kl, kMuch), last = halvingsAt(kl, kHardly);
    std::vector<double> shares;
    for (int i = 0; i < kShares; ++i)
        shares.push_back(std::exp2(-first - (last - first) * i / (kShares - 1)));
    return shares;
}

/// Draws the beginnings of texts that choose theirs, and gives each the best of its own.
Result<void> chooseBeginnings(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    std::span<TextPlan* const> plans, const WriteOptions& options, const std::stop_token& stop)
{
    std::vector<TextPlan> beginnings;
    std::vector<std::size_t> ends; // of each plan's
    for (const TextPlan* plan : plans) {
        const auto shares = sharesFor(model, prompt, *plan, options, stop);
        if (!shares && shares.error().code == Error::Code::Cancelled)
            return {}; // what is written now is what there is
        if (!shares)
            return fail(shares.error());
        const auto most = static_cast<std::size_t>(beginningsOf(*plan, options));
        const bool isDrawn = plan->sampler.temperature > 0.0;
        for (std::size_t i = 0; i < (isDrawn ? most : std::min(most, shares->size())); ++i) {
            TextPlan& beginning = beginnings.emplace_back(*plan);
            beginning.sampler.seed += static_cast<std::uint64_t>(i) << 32;
            beginning.changeShare = (*shares)[i % shares->size()];
        }
        ends.push_back(beginnings.size());
    }
    WriteOptions shorter = options;
    // One more than is kept: only what was read again is known to be on topic.
    shorter.maxTokens = std::min(options.maxTokens, kBeginning + 1);
    const auto tell = [&](const WriteStep& step) {
        if (options.progress)
            options.progress({"Looking ahead", step.index, shorter.maxTokens, "tokens"});
    };
    const auto drawn = writeAsPlanned(model, tokenizer, prompt, beginnings, shorter, tell, stop);
    if (!drawn)
        return fail(drawn.error());
    std::size_t next = 0;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        TextPlan* plan = plans[i];
        const std::size_t best
            = next + bestOf(std::span(drawn->texts).subspan(next, ends[i] - next));
        const std::vector<TokenId>& ids = drawn->texts[best].ids;
        plan->start.assign(
            ids.begin(), ids.begin() + std::min(std::ssize(ids), std::ptrdiff_t{kBeginning}));
        plan->sampler.seed = beginnings[best].sampler.seed;
        plan->changeShare = beginnings[best].changeShare;
        next = ends[i];
    }
    return {};
}

} // namespace

Result<WrittenTexts> writeTexts(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const std::vector<TextPlan>& plans, const WriteOptions& options,
    const std::function<void(const WriteStep&)>& onStep, std::stop_token stop)
{
    std::vector<TextPlan> chosen = plans;
    std::vector<TextPlan*> choosing;
    for (TextPlan& plan : chosen)
        if (beginningsOf(plan, options) > 1)
            choosing.push_back(&plan);
    for (std::size_t first = 0; first < choosing.size();) {
        std::size_t end = first, beginnings = 0;
        do
            beginnings += static_cast<std::size_t>(beginningsOf(*choosing[end++], options));
        while (end < choosing.size()
            && beginnings + static_cast<std::size_t>(beginningsOf(*choosing[end], options))
                <= beginningsAtOnce(model));
        if (auto chose = chooseBeginnings(model, tokenizer, prompt,
                std::span(choosing).subspan(first, end - first), options, stop);
            !chose)
            return fail(chose.error());
        first = end;
    }
    auto written = writeAsPlanned(model, tokenizer, prompt, chosen, options, onStep, stop);
    if (written)
        for (std::size_t i = 0; i < plans.size(); ++i)
            written->texts[i].chosen = std::log(beginningsOf(plans[i], options));
    return written;
}

} // namespace core
