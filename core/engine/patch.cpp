#include "core/api/patch.h"

#include "core/circuits/feature_patching.h"
#include "core/circuits/rank_correlation.h"
#include "core/engine/patch_maps.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

Result<void> checkRequest(const PatchRequest& request)
{
    if (request.sites.empty() && request.hooks.empty())
        return fail(Error::Code::Unsupported,
            "There is no place to patch. Choose at least one: resid_pre, attn_out, mlp_out, heads, "
            "features, or a hook point.");
    if (!request.isExact && !request.isApproximate)
        return fail(Error::Code::Unsupported,
            "Neither exact nor approximate effects are asked for. Choose at least one of them.");
    return {};
}

std::vector<HookPoint> pointsOf(
    const std::vector<PatchPlace>& places, const Dictionaries& dictionaries, int n_layers)
{
    const auto written = featurePatchPoints(dictionaries, n_layers);
    std::set<HookPoint> points(written.begin(), written.end());
    for (const PatchPlace& place : places)
        for (std::size_t row = 0; row < place.rows.size(); ++row)
            if (place.isWanted[row])
                points.insert(place.rows[row]);
    return {points.begin(), points.end()};
}

void correlate(PatchResult& result)
{
    std::vector<float> approximate, exact;
    for (PatchMap& map : result.maps) {
        if (map.exact.empty() || map.approximate.empty())
            continue;
        map.pearson = pearson(map.approximate, map.exact);
        map.spearman = spearman(map.approximate, map.exact);
        approximate.insert(approximate.end(), map.approximate.begin(), map.approximate.end());
        exact.insert(exact.end(), map.exact.begin(), map.exact.end());
    }
    for (const PatchedFeature& feature : result.features)
        if (feature.hasExact && result.request.isApproximate) {
            approximate.push_back(feature.approximate);
            exact.push_back(feature.exact);
        }
    result.pearson = pearson(approximate, exact);
    result.spearman = spearman(approximate, exact);
}

/// Where the approximation was only made to choose, what was measured goes first.
void sortByExact(std::vector<PatchedFeature>& features)
{
    std::stable_sort(features.begin(), features.end(), [](const auto& a, const auto& b) {
        if (a.hasExact != b.hasExact)
            return a.hasExact;
        return a.hasExact && std::fabs(a.exact) > std::fabs(b.exact);
    });
}

void addNotes(PatchResult& result)
{
    const auto add = [&result](const std::string& sentence) {
        result.note += (result.note.empty() ? "" : " ") + sentence;
    };
    const auto listed = std::ssize(result.features);
    const auto exact = std::count_if(result.features.begin(), result.features.end(),
        [](const PatchedFeature& feature) { return feature.hasExact; });
    if (listed < result.featuresInAll)
        add(fmt::format("The strongest {} of {} features and error terms are listed.", listed,
            result.featuresInAll));
    if (result.request.isExact && exact < result.featuresInAll)
        add(fmt::format("Exact effects of single ones are of the strongest {}.", exact));
    if (result.cleanTokens.size() > 1
        && std::equal(result.cleanTokens.begin(), result.cleanTokens.end(),
            result.corruptTokens.begin(),
            [](const TokenInfo& a, const TokenInfo& b) { return a.id == b.id; }))
        add("Both prompts are the same, so every effect is 0.");
}

} // namespace

Result<PatchResult> run(const PatchRequest& request, const LoadedModel& model, Context& context)
{
    const RowLookup row = context.rows().lookup();
    const auto begin = std::chrono::steady_clock::now();
    if (auto checked = checkRequest(request); !checked)
        return fail(checked.error());
    const Transformer& transformer = *model.transformer;
    const auto places = patchPlaces(request, model.info.n_layers);
    if (!places)
        return fail(places.error());
    const bool hasFeatures
        = std::find(request.sites.begin(), request.sites.end(), PatchSite::Feature)
        != request.sites.end();
    const auto dictionaries = hasFeatures ? patchDictionaries(model, request.dictionaries)
                                          : Result<Dictionaries>(Dictionaries());
    if (!dictionaries)
        return fail(dictionaries.error());
    const auto prompts = patchPromptPair(model, request, *dictionaries);
    if (!prompts)
        return fail(prompts.error());

    const auto points = pointsOf(places->places, *dictionaries, model.info.n_layers);
    auto clean = runForPatching(transformer, prompts->clean.tensor(), points, context.stop);
    if (!clean)
        return fail(clean.error());
    auto corrupt = runForPatching(transformer, prompts->corrupt.tensor(), points, context.stop);
    if (!corrupt)
        return fail(corrupt.error());
    const auto metric = patchMetric(model, request, clean->logits, corrupt->logits);
    if (!metric)
        return fail(metric.error());

    PatchWork work{model, request, *metric, {}, {}, {}, {}, {}, {}};
    PatchResult& result = work.result;
    result.request = request;
    result.model = model.info.name;
    result.note = places->note;
    if (const std::string& note = prompts->clean.note; !note.empty())
        result.note += (result.note.empty() ? "" : " ") + note;
    result.cleanTokens = prompts->clean.tokens;
    result.corruptTokens = prompts->corrupt.tokens;
    result.answer = model.tokenizer->display(metric->answer);
    result.other = model.tokenizer->display(metric->other);
    result.answerId = metric->answer;
    result.otherId = metric->other;
    result.cleanMetric = metric->of(clean->logits).item<double>();
    result.corruptMetric = metric->of(corrupt->logits).item<double>();
    const bool isDenoising = request.direction == PatchDirection::Denoise;
    work.base = std::move(isDenoising ? *corrupt : *clean);
    work.other = std::move(isDenoising ? *clean : *corrupt);

    if (request.isApproximate || hasFeatures) {
        GradientOptions options;
        options.stop = context.stop;
        auto gradients = metricGradients(transformer, work.base.ids, points, *metric, options);
        if (!gradients)
            return fail(gradients.error());
        work.gradients = std::move(*gradients);
    }
    addPlaceMaps(work, places->places);
    if (hasFeatures)
        if (auto added = addFeatureMaps(work, *dictionaries, row, context.stop); !added)
            return fail(added.error());
    if (result.maps.empty())
        return fail(Error::Code::NotFound,
            fmt::format("The pass of {} has no hook point that matches `{}`.", model.info.name,
                fmt::join(request.hooks, "`, `")));

    PatchOptions options;
    options.progress = context.progress;
    options.stop = context.stop;
    const auto exact = patchExactly(transformer, work.base, *metric, work.cells, options);
    if (!exact)
        return fail(exact.error());
    for (std::size_t i = 0; i < work.targets.size(); ++i)
        *work.targets[i] = static_cast<float>(exact->effects[i]);
    result.passes = exact->passes;
    if (!request.isApproximate)
        sortByExact(result.features);
    correlate(result);
    addNotes(result);
    result.seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(work.result);
}

const Handles<PatchRequest> kPatch(Runs::AsAStudy, run);

} // namespace core
