#include "core/api/what_steers.h"

#include "core/engine/request_table.h"
#include "core/engine/steering_checks.h"
#include "core/features/search.h"
#include "core/steering/sweep.h"

#include <algorithm>

#include <fmt/format.h>

namespace core {

namespace {

// The best hits stand for the concept; further ones fire on much else.
constexpr std::size_t kTopicFeatures = 6;

bool isOpen(const LoadedModel& model, const FeatureRef& feature)
{
    return std::any_of(model.dictionaries.begin(), model.dictionaries.end(),
        [&](const auto& each) { return each->config().name == feature.dictionary; });
}

/// Hits of the query that can be steered, best first.
Result<std::vector<FeatureRef>> hitsOf(
    const WhatSteersRequest& request, const LoadedModel& model, Context& context)
{
    std::vector<FeatureRef> hits;
    if (request.query.empty())
        return hits;
    const auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    if (!*reader)
        return fail(Error::Code::NotFound,
            "There is no workspace to search. Harvest the dictionaries first.");
    SearchQuery query;
    query.text = request.query;
    query.limit = std::max(1, request.most);
    query.keeps = [&](const FeatureRow& row) {
        return isOpen(model, row.feature) && row.maxActivation > 0.0f;
    };
    const auto found = searchFeatures(**reader, query, context.stop);
    if (!found)
        return fail(found.error());
    for (const SearchHit& hit : found->hits)
        hits.push_back(hit.row.feature);
    return hits;
}

/// The best cell of a row: the whole one worth most, else the one worth most.
std::size_t bestOf(const std::vector<SweepCell>& row)
{
    const auto key = [](const SweepCell& cell) {
        return std::pair(cell.isWhole, worthOf(cell.onTopic, cell.surprisal));
    };
    return static_cast<std::size_t>(
        std::max_element(row.begin(), row.end(),
            [&](const SweepCell& a, const SweepCell& b) { return key(a) < key(b); })
        - row.begin());
}

} // namespace

Result<WhatSteers> run(const WhatSteersRequest& request, const LoadedModel& model, Context& context)
{
    if (auto checked = checkGuard(request.settings.guard); !checked)
        return fail(checked.error());
    auto prompt = promptFromText(model, request.prompt);
    if (!prompt)
        return fail(prompt.error());
    auto hits = hitsOf(request, model, context);
    if (!hits)
        return fail(hits.error());
    WhatSteers out;
    out.request = request;
    out.note = prompt->note;
    std::vector<FeatureRef> candidates = request.candidates;
    for (const FeatureRef& hit : *hits)
        if (std::find(candidates.begin(), candidates.end(), hit) == candidates.end())
            candidates.push_back(hit);
    if (candidates.empty())
        return fail(Error::Code::NotFound,
            fmt::format("Nothing to try: no feature of an open dictionary that ever fired is found "
                        "by `{}`. Search for other words, or name features.",
                request.query));
    const std::vector<FeatureRef>& speaking = hits->empty() ? candidates : *hits;
    out.topic = speaking;
    out.topic.resize(std::min(speaking.size(), kTopicFeatures));

    SweepRequest sweep;
    sweep.prompt = request.prompt;
    sweep.strengths = request.multiples;
    sweep.settings = request.settings;
    sweep.topic = out.topic;
    sweep.samples = request.samples;
    for (const FeatureRef& feature : candidates) {
        Intervention clamp;
        clamp.feature = feature;
        clamp.isMultipleOfMax = true;
        sweep.rows.push_back({{}, {clamp}, request.settings.guard});
    }
    const FeatureRows rows = context.rows();
    const auto written = runSweep(*model.transformer, model.tokenizer, prompt->ids, sweep,
        model.dictionaries, rows.maxActivation(), prompt->hasBos, context.progress, context.stop);
    if (!written)
        return fail(written.error());
    out.normal = written->normal;
    const RowLookup rowOf = rows.lookup();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::size_t best = bestOf(written->cells[i]);
        out.ranked.push_back(
            {rowOf(candidates[i]), request.multiples[best], written->cells[i][best]});
    }
    const auto steers = [&](const SteeringCandidate& one) {
        return one.best.isWhole && one.best.onTopic >= out.normal.onTopic + kMoreOnTopic;
    };
    std::stable_sort(out.ranked.begin(), out.ranked.end(),
        [&](const SteeringCandidate& a, const SteeringCandidate& b) {
            return std::pair(steers(a), worthOf(a.best.onTopic, a.best.surprisal))
                > std::pair(steers(b), worthOf(b.best.onTopic, b.best.surprisal));
        });
    out.steering = static_cast<int>(std::count_if(out.ranked.begin(), out.ranked.end(), steers));
    return out;
}

const Handles<WhatSteersRequest> kWhatSteers(Runs::AsAStudy, run);

} // namespace core
