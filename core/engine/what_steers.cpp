#include "core/api/what_steers.h"

#include "core/engine/request_table.h"
#include "core/engine/steering_checks.h"
#include "core/features/search.h"
#include "core/steering/what_steers.h"

#include <algorithm>

#include <fmt/format.h>

namespace core {

namespace {

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
        return isOpen(model, row.feature) && row.maxActivation != 0.0f;
    };
    const auto found = searchFeatures(**reader, query, context.stop);
    if (!found)
        return fail(found.error());
    for (const SearchHit& hit : found->hits)
        hits.push_back(hit.row.feature);
    return hits;
}

} // namespace

Result<WhatSteers> run(const WhatSteersRequest& request, const LoadedModel& model, Context& context)
{
    if (auto checked = checkGuard(request.settings.guard); !checked)
        return fail(checked.error());
    auto prompt = request.isChat ? chatPrompt(model, {}, request.prompt)
                                 : promptFromText(model, request.prompt);
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

    const FeatureRows rows = context.rows();
    const auto rank = rankBySteering(*model.transformer, model.tokenizer, prompt->ids, candidates,
        out.topic, request.multiples, request.settings, request.samples, model.dictionaries,
        rows.maxActivation(), prompt->hasBos, context.progress, context.stop);
    if (!rank)
        return fail(rank.error());
    out.normal = rank->normal;
    const RowLookup rowOf = rows.lookup();
    for (const SteeringResult& one : rank->ranked) {
        out.ranked.push_back({rowOf(one.feature), one.multiple, one.best});
        out.steering += one.steers;
    }
    return out;
}

const Handles<WhatSteersRequest> kWhatSteers(Runs::AsAStudy, run);

} // namespace core
