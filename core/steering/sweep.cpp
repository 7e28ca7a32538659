#include "core/steering/sweep.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace core {

namespace {

/// The texts of one cell.
struct CellPlan {
    std::shared_ptr<const LiveInterventions> live; ///< Null: normal text.
    std::optional<FluencyGuard> guard;
};

Result<std::vector<CellPlan>> plan(const SweepRequest& request, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation)
{
    std::vector<CellPlan> cells(1);
    for (const SweepRequest::Row& row : request.rows)
        for (const double strength : request.strengths) {
            std::vector<Intervention> changes = row.interventions;
            for (Intervention& change : changes)
                change.value = strength;
            auto active = ActiveInterventions::create(changes, dictionaries, maxActivation);
            if (!active)
                return fail(active.error());
            cells.push_back({std::make_shared<LiveInterventions>(*active), row.guard});
        }
    return cells;
}

Result<std::shared_ptr<const ActivationReader>> topicOf(
    const SweepRequest& request, const Dictionaries& dictionaries)
{
    std::vector<FeatureRef> topic = request.topic;
    if (topic.empty())
        for (const SweepRequest::Row& row : request.rows)
            addFeaturesOf(row.interventions, topic);
    return ActivationReader::create(topic, dictionaries);
}

int isoKlOf(const std::vector<SweepCell>& row)
{
    int last = -1;
    while (last + 1 < static_cast<int>(row.size())
        && row[static_cast<std::size_t>(last + 1)].klP95 <= kIsoKl)
        ++last;
    return last;
}

std::optional<std::pair<int, int>> sweetSpotOf(const Sweep& sweep)
{
    std::optional<std::pair<int, int>> best;
    double most = 0.0;
    for (std::size_t row = 0; row < sweep.cells.size(); ++row)
        for (std::size_t i = 0; i < sweep.cells[row].size(); ++i) {
            const SweepCell& cell = sweep.cells[row][i];
            const double worth = worthOf(cell.onTopic, cell.surprisal);
            if (cell.isWhole && cell.onTopic >= sweep.normal.onTopic + kMoreOnTopic
                && (!best || worth > most)) {
                best = {static_cast<int>(row), static_cast<int>(i)};
                most = worth;
            }
        }
    return best;
}

Result<void> check(const SweepRequest& request)
{
    if (request.rows.empty() || request.strengths.empty())
        return fail(Error::Code::Unsupported,
            "A sweep needs at least one way of steering and one strength. Add a feature, and "
            "strengths such as 1, 2, 5, 10.");
    for (const double strength : request.strengths)
        if (!std::isfinite(strength))
            return fail(Error::Code::Unsupported, "A strength of the sweep is not a number.");
    return {};
}

} // namespace

SamplerSettings samplerOf(const GenerateSettings& settings)
{
    SamplerSettings out;
    out.temperature = settings.temperature;
    out.topK = settings.topK;
    out.topP = settings.topP;
    out.repetitionPenalty = settings.repetitionPenalty;
    out.frequencyPenalty = settings.frequencyPenalty;
    out.seed = settings.seed;
    return out;
}

SweepCell cellOf(std::span<const WrittenText> samples)
{
    SweepCell cell;
    const auto count = static_cast<double>(samples.size());
    double tokens = 0.0, read = 0.0;
    WrittenText all; // figures of every sample, for the percentile
    for (const WrittenText& sample : samples) {
        const auto length = static_cast<double>(sample.ids.size());
        tokens += length;
        cell.klMean += sample.mean(&TokenFigures::kl) * length;
        cell.surprisal += sample.mean(&TokenFigures::surprisal) * length;
        cell.deltaNormRatio += sample.mean(&TokenFigures::deltaNormRatio) * length;
        cell.onTopic += sample.onTopicShare() * static_cast<double>(sample.isOnTopic.size());
        read += static_cast<double>(sample.isOnTopic.size());
        cell.spent += (sample.spent + sample.chosen) / count;
        cell.repetition += sample.repetition / count;
        cell.isWhole = cell.isWhole && !sample.hasOverflowed;
        all.figures.insert(all.figures.end(), sample.figures.begin(), sample.figures.end());
    }
    if (tokens > 0) {
        cell.klMean /= tokens;
        cell.surprisal /= tokens;
        cell.deltaNormRatio /= tokens;
    }
    if (read > 0)
        cell.onTopic /= read;
    cell.klP95 = all.percentile(&TokenFigures::kl, 0.95);
    cell.text = samples.front().text;
    return cell;
}

bool isWhole(const SweepCell& cell, const SweepCell& normal, int d_vocab)
{
    const double blind = std::log(static_cast<double>(d_vocab));
    return cell.isWhole && cell.repetition <= normal.repetition + kMoreRepetition
        && cell.surprisal
        <= normal.surprisal + kSurprisalShare * std::max(0.0, blind - normal.surprisal);
}

Result<Sweep> runSweep(const Transformer& model, const std::shared_ptr<const Tokenizer>& tokenizer,
    const std::vector<TokenId>& prompt, const SweepRequest& request,
    const Dictionaries& dictionaries, const MaxActivationFn& maxActivation, bool skipsBos,
    const ProgressFn& progress, std::stop_token stop)
{
    if (auto checked = check(request); !checked)
        return fail(checked.error());
    const auto cells = plan(request, dictionaries, maxActivation);
    if (!cells)
        return fail(cells.error());
    const auto topic = topicOf(request, dictionaries);
    if (!topic)
        return fail(topic.error());
    const auto samples = static_cast<std::size_t>(std::max(1, request.samples));
    const std::size_t perBatch = std::max<std::size_t>(1, kTextsAtOnce / samples);
    const auto total = static_cast<std::int64_t>(cells->size());

    Sweep sweep;
    sweep.request = request;
    std::vector<SweepCell> written;
    double seconds = 0.0;
    std::int64_t tokens = 0;
    for (std::size_t first = 0; first < cells->size(); first += perBatch) {
        const std::size_t end = std::min(first + perBatch, cells->size());
        std::vector<TextPlan> plans;
        for (std::size_t cell = first; cell < end; ++cell)
            for (std::size_t sample = 0; sample < samples; ++sample) {
                TextPlan text;
                text.interventions = (*cells)[cell].live;
                text.guard = (*cells)[cell].guard;
                if (text.guard)
                    text.guard->halvings = 0; // a cell is of the strength that stands beside it
                text.freezeAttention = request.settings.freezeAttention;
                text.sampler = samplerOf(request.settings);
                text.sampler.seed += sample;
                plans.push_back(std::move(text));
            }
        WriteOptions options;
        options.maxTokens = request.settings.maxTokens;
        options.skipsBos = skipsBos;
        options.topic = *topic;
        const auto tell = [&](const WriteStep& step) {
            if (progress)
                progress({fmt::format("Writing token {} of {} of every cell", step.index + 1,
                              options.maxTokens),
                    static_cast<std::int64_t>(written.size()), total, "cells"});
        };
        options.progress = progress;
        const auto texts = writeTexts(model, tokenizer, prompt, plans, options, tell, stop);
        if (!texts)
            return fail(texts.error());
        if (!texts->isComplete)
            return fail(Error::Code::Cancelled, {});
        seconds += texts->seconds;
        tokens += texts->tokens();
        const std::span<const WrittenText> all(texts->texts);
        for (std::size_t cell = first; cell < end; ++cell)
            written.push_back(cellOf(all.subspan((cell - first) * samples, samples)));
    }
    sweep.normal = written.front();
    std::size_t next = 1;
    for (std::size_t row = 0; row < request.rows.size(); ++row) {
        std::vector<SweepCell>& line = sweep.cells.emplace_back();
        for (std::size_t i = 0; i < request.strengths.size(); ++i) {
            line.push_back(std::move(written[next++]));
            line.back().isWhole = isWhole(line.back(), sweep.normal, model.config().d_vocab);
        }
        sweep.isoKl.push_back(isoKlOf(line));
    }
    sweep.sweetSpot = sweetSpotOf(sweep);
    sweep.tokensPerSecond = seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0;
    return sweep;
}

} // namespace core
