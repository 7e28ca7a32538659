#include "core/circuits/swap.h"

#include "core/circuits/intervention.h"
#include "core/circuits/replacement_model.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

struct DonorRuns {
    at::Tensor promptLogits, donorLogits; // [d_vocab]
    std::vector<at::Tensor> prompt, donor; // Per dictionary: feature_acts [T, d_sae].
};

Result<CachedRun> run(const Transformer& model, const std::vector<TokenId>& ids,
    const std::vector<HookPoint>& points, const std::stop_token& stop)
{
    ForwardOptions forward;
    forward.isLastLogitsOnly = true;
    forward.stop = stop;
    return runWithCache(model, idsTensor(ids), points, {}, forward);
}

Result<DonorRuns> runBoth(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& prompt, const std::vector<TokenId>& donor,
    const std::stop_token& stop)
{
    std::vector<HookPoint> points;
    for (const auto& dictionary : dictionaries)
        if (auto fits = fitsModel(dictionary->config(), model.config()); !fits)
            return fail(fits.error());
        else
            points.push_back(dictionary->config().hookIn);
    const auto first = run(model, prompt, points, stop), second = run(model, donor, points, stop);
    for (const auto* result : {&first, &second})
        if (!*result)
            return fail(result->error());
    DonorRuns runs{first->logits.flatten(), second->logits.flatten(), {}, {}};
    for (std::size_t i = 0; i < dictionaries.size(); ++i) {
        runs.prompt.push_back(
            dictionaries[i]->activations(first->cache.at(points[i]).squeeze(0)).cpu());
        runs.donor.push_back(
            dictionaries[i]->activations(second->cache.at(points[i]).squeeze(0)).cpu());
    }
    return runs;
}

/// The features of one dictionary that differ at one position.
void collect(const at::Tensor& before, const at::Tensor& after, const SwapOptions& options,
    SwappedFeature place, FeatureSwap& swap)
{
    const at::Tensor a = before.contiguous(), b = after.contiguous();
    const float *was = a.data_ptr<float>(), *becomes = b.data_ptr<float>();
    for (std::int64_t f = 0; f < a.size(0); ++f) {
        if (was[f] == becomes[f])
            continue;
        place.at.feature = FeatureId(f);
        place.before = was[f];
        place.after = becomes[f];
        if (becomes[f] == 0.0f)
            swap.removed.push_back(place);
        else if (was[f] == 0.0f)
            swap.inserted.push_back(place);
        else if (std::fabs(was[f] - becomes[f])
            > options.smallestChange * std::max(std::fabs(was[f]), std::fabs(becomes[f])))
            swap.adjusted.push_back(place);
    }
}

} // namespace

void sortByStrength(std::vector<SwappedFeature>& features)
{
    std::stable_sort(
        features.begin(), features.end(), [](const SwappedFeature& a, const SwappedFeature& b) {
            return std::fabs(a.after - a.before) > std::fabs(b.after - b.before);
        });
}

std::vector<Intervention> interventionsOf(const FeatureSwap& swap, const Dictionaries& dictionaries)
{
    std::vector<Intervention> changes;
    for (const auto* list : {&swap.removed, &swap.inserted, &swap.adjusted})
        for (const SwappedFeature& one : *list) {
            Intervention change;
            change.feature = {dictionaries[one.dictionary]->config().name, one.at.feature};
            change.value = one.after;
            change.positions = PositionRange::only(one.at.position);
            changes.push_back(std::move(change));
        }
    return changes;
}

CommonEnds commonEnds(const std::vector<TokenId>& a, const std::vector<TokenId>& b)
{
    const std::int64_t shorter = std::min(std::ssize(a), std::ssize(b));
    const auto differ = std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first;
    CommonEnds ends{differ - a.begin(), 0};
    const auto differBack
        = std::mismatch(a.rbegin(), a.rbegin() + (shorter - ends.head), b.rbegin()).first;
    ends.tail = differBack - a.rbegin();
    return ends;
}

std::vector<AlignedPosition> alignPrompts(
    const std::vector<TokenId>& prompt, const std::vector<TokenId>& donor)
{
    const std::int64_t P = std::ssize(prompt), D = std::ssize(donor);
    const auto [head, tail] = commonEnds(prompt, donor);
    std::vector<AlignedPosition> aligned;
    for (std::int64_t p = 0; p < P; ++p) {
        AlignedPosition place;
        place.prompt = Position(p);
        if (p < head)
            place.donor = Position(p);
        else if (p + D - P >= head) // From the end; the donor's own words must not run out.
            place.donor = Position(p + D - P);
        place.isSameToken = place.donor.isValid()
            && prompt[static_cast<std::size_t>(p)]
                == donor[static_cast<std::size_t>(place.donor.value)]
            && (p < head || p >= P - tail);
        aligned.push_back(place);
    }
    return aligned;
}

Result<FeatureSwap> swapFeatures(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& prompt, const std::vector<TokenId>& donor,
    const SwapOptions& options)
{
    const at::NoGradGuard noGrad;
    if (prompt == donor)
        return fail(Error::Code::Unsupported,
            "The prompt and the donor are the same text, so there is nothing to swap.");
    if (dictionaries.empty())
        return fail(Error::Code::NotFound,
            "A swap needs dictionaries, and none is open. Open transcoders or SAEs.");
    auto runs = runBoth(model, dictionaries, prompt, donor, options.stop);
    if (!runs)
        return fail(runs.error());

    FeatureSwap swap;
    swap.before = runs->promptLogits;
    swap.donor = runs->donorLogits;
    const int lastLayer = options.lastLayer < 0 ? model.config().n_layers - 1 : options.lastLayer;
    for (const AlignedPosition& place : alignPrompts(prompt, donor)) {
        const bool isLast = place.prompt.value + 1 == std::ssize(prompt);
        if (!(options.atLast && isLast) && !(options.atDifference && !place.isSameToken))
            continue;
        for (std::size_t i = 0; i < dictionaries.size(); ++i) {
            const Layer layer = dictionaries[i]->config().hookIn.layer;
            if (layer.value < options.firstLayer || layer.value > lastLayer)
                continue;
            const at::Tensor before = runs->prompt[i][place.prompt.value];
            const at::Tensor after = place.donor.isValid() ? runs->donor[i][place.donor.value]
                                                           : at::zeros_like(before);
            SwappedFeature feature;
            feature.dictionary = i;
            feature.at = {layer, place.prompt, {}};
            collect(before, after, options, feature, swap);
        }
    }
    for (auto* list : {&swap.removed, &swap.inserted, &swap.adjusted})
        sortByStrength(*list);
    InterventionOptions intervention;
    intervention.freezeAttention = options.freezeAttention;
    intervention.stop = options.stop;
    const auto changed
        = intervene(model, dictionaries, prompt, interventionsOf(swap, dictionaries), intervention);
    if (!changed)
        return fail(changed.error());
    swap.after = changed->logits[-1];
    const auto top = [](const at::Tensor& logits) { return logits.argmax().item<std::int64_t>(); };
    swap.isSwapped = top(swap.after) == top(swap.donor) && top(swap.before) != top(swap.donor);
    return swap;
}

} // namespace core
