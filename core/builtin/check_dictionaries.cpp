#include "core/builtin/check_context.h"

#include "core/training/evaluate.h"

#include <algorithm>
#include <cstdio>

namespace core {

namespace {

/// The worst layer decides.
struct Worst {
    double fvu = 0, leastL0 = 1e9, mostL0 = 0, dead = 0, ceScore = 1;
    std::string layers;
};

Result<Worst> measure(const CheckContext& context, const Dictionaries& dictionaries)
{
    Worst worst;
    for (const auto& dictionary : dictionaries) {
        const auto quality = evaluateDictionary(
            *context.model, *dictionary, context.corpus.tokens, {}, {}, context.stop);
        if (!quality)
            return fail(quality.error());
        worst.fvu = std::max(worst.fvu, quality->fvu);
        worst.leastL0 = std::min(worst.leastL0, quality->l0);
        worst.mostL0 = std::max(worst.mostL0, quality->l0);
        worst.dead = std::max(worst.dead, quality->deadFraction);
        worst.ceScore = std::min(worst.ceScore, quality->ceScore);
        char text[160];
        std::snprintf(text, sizeof text,
            "%slayer %d: FVU %.3f, L0 %.1f, dead %.3f, CE %.3f to %.3f (zero %.3f)",
            worst.layers.empty() ? "" : "; ", dictionary->config().hookIn.layer.value, quality->fvu,
            quality->l0, quality->deadFraction, quality->ceClean, quality->ceDictionary,
            quality->ceZero);
        worst.layers += text;
    }
    return worst;
}

void add(Claims& claims, const std::string& kind, const Worst& worst)
{
    claims.push_back({kind + ": FVU, worst layer", worst.fvu, 0.10, true, true, worst.layers});
    claims.push_back(
        {kind + ": smallest L0", worst.leastL0, 5, false, true, "active features a token"});
    claims.push_back(
        {kind + ": largest L0", worst.mostL0, 40, true, true, "active features a token"});
    claims.push_back({kind + ": dead features, worst layer", worst.dead, 0.10, true, true,
        "fire nowhere on the text"});
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
    add(claims, "SAEs", *saes);
    add(claims, "transcoders", *transcoders);
    return claims;
}

} // namespace core
