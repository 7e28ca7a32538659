#include "core/builtin/check_context.h"

#include "core/model/activation_cache.h"
#include "core/training/evaluate.h"
#include "core/training/token_windows.h"

#include <algorithm>
#include <cstdio>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

constexpr std::int64_t kEvaluationTokens
    = 40'000; // Reconstruction is three passes of the model each; firing is one for all.

/// Share of each dictionary's features that fire nowhere on the whole text.
Result<std::vector<double>> deadShares(
    const CheckContext& context, const Dictionaries& dictionaries)
{
    constexpr std::int64_t kBatchTokens = 2048;
    const at::NoGradGuard noGradients;
    std::vector<HookPoint> points;
    std::vector<at::Tensor> fired;
    for (const auto& dictionary : dictionaries) {
        points.push_back(dictionary->config().hookIn);
        fired.push_back(at::zeros({dictionary->config().d_sae}, at::kBool));
    }
    const CorpusCover cover(context.corpus.tokens, EvaluationOptions{}.context_size, kBatchTokens);
    for (std::int64_t b = 0; b < cover.batches(); ++b) {
        const auto batch = cover.batch(b);
        ForwardOptions options;
        options.stop = context.stop;
        const auto run = runWithCache(*context.model, batch.ids, points, {}, options);
        if (!run)
            return fail(run.error());
        const at::Tensor kept = batch.isKept.logical_and(batch.isSpecial.logical_not())
                                    .flatten()
                                    .nonzero()
                                    .squeeze(1);
        for (std::size_t i = 0; i < points.size(); ++i) {
            const at::Tensor& values = run->cache.at(points[i]);
            const at::Tensor rows = values.reshape({-1, values.size(-1)}).index_select(0, kept);
            fired[i] |= dictionaries[i]->activations(rows).ne(0).any(0);
        }
    }
    std::vector<double> dead;
    for (const at::Tensor& flags : fired)
        dead.push_back(1.0 - flags.to(at::kDouble).mean().item<double>());
    return dead;
}

/// The worst layer decides.
struct Worst {
    double fvu = 0, leastL0 = 1e9, mostL0 = 0, dead = 0, ceScore = 1;
    std::string layers;
};

Result<Worst> measure(const CheckContext& context, const Dictionaries& dictionaries)
{
    Worst worst;
    EvaluationOptions options;
    options.maxTokens = kEvaluationTokens;
    const auto dead = deadShares(context, dictionaries);
    if (!dead)
        return fail(dead.error());
    std::size_t index = 0;
    for (const auto& dictionary : dictionaries) {
        const auto quality = evaluateDictionary(
            *context.model, *dictionary, context.corpus.tokens, options, {}, context.stop);
        if (!quality)
            return fail(quality.error());
        const double deadShare = (*dead)[index++];
        worst.fvu = std::max(worst.fvu, quality->fvu);
        worst.leastL0 = std::min(worst.leastL0, quality->l0);
        worst.mostL0 = std::max(worst.mostL0, quality->l0);
        worst.dead = std::max(worst.dead, deadShare);
        worst.ceScore = std::min(worst.ceScore, quality->ceScore);
        char text[160];
        std::snprintf(text, sizeof text,
            "%slayer %d: FVU %.3f, L0 %.1f, dead %.3f, CE %.3f to %.3f (zero %.3f)",
            worst.layers.empty() ? "" : "; ", dictionary->config().hookIn.layer.value, quality->fvu,
            quality->l0, deadShare, quality->ceClean, quality->ceDictionary, quality->ceZero);
        worst.layers += text;
    }
    return worst;
}

void add(Claims& claims, const std::string& kind, const Worst& worst, double leastL0)
{
    claims.push_back({kind + ": FVU, worst layer", worst.fvu, 0.10, true, true, worst.layers});
    claims.push_back(
        {kind + ": smallest L0", worst.leastL0, leastL0, false, true, "active features a token"});
    claims.push_back(
        {kind + ": largest L0", worst.mostL0, 40, true, true, "active features a token"});
    claims.push_back({kind + ": dead features, worst layer", worst.dead, 0.10, true, true,
        "fire on none of 170,000 tokens, as many as the trainers' dead_feature_window and more"});
    claims.push_back({kind + ": CE score, worst layer", worst.ceScore, 0.95, false, true,
        "(CE_zero - CE_dictionary) / (CE_zero - CE_clean)"});
}

} // namespace

Result<Claims> checkDictionaries(const CheckContext& context)
{
    const auto saes = measure(context, context.saes);
    if (!saes)
        return fail(saes.error());
    const auto transcoders = measure(context, context.transcoders);
    if (!transcoders)
        return fail(transcoders.error());
    Claims claims;
    add(claims, "SAEs", *saes, 5);
    // Sparse enough that a state is one or two features.
    add(claims, "transcoders", *transcoders, 3);
    return claims;
}

} // namespace core
