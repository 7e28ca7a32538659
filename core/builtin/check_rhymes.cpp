#include "core/builtin/check_context.h"

#include "core/builtin/rhymes.h"
#include "core/circuits/intervention.h"
#include "core/circuits/swap.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"

#include <algorithm>
#include <cstdio>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

struct Couplet {
    std::size_t family = 0, first = 0;
    std::string prompt; ///< The first line with its end; what comes next begins the second.

    const std::string& rhyme() const { return rhymeFamilies()[family][rhymePartner(first)].word; }
};

Couplet couplet(std::size_t family, std::size_t first)
{
    Couplet made{family, first, {}};
    const Slots slots{{"word", {rhymeFamilies()[family][first].word}}};
    for (const auto& part : rhymeFirstLines().front().parts())
        made.prompt += part.isSlot ? slots.at("word").front() : part.text;
    return made;
}

std::vector<Couplet> allCouplets()
{
    std::vector<Couplet> all;
    for (std::size_t family = 0; family < rhymeFamilies().size(); ++family)
        for (std::size_t first = 0; first < rhymeFamilies()[family].size(); ++first)
            all.push_back(couplet(family, first));
    return all;
}

/// Features among whose ten most promoted tokens the word is: [d_sae] bool.
Result<at::Tensor> featuresOf(
    const CheckContext& context, const Dictionary& dictionary, const std::string& word)
{
    const auto encoded = context.tokenizer->encode(" " + word, false);
    if (!encoded)
        return fail(encoded.error());
    const at::Tensor gained = dictionary.W_dec() * context.model->weights().final.gain;
    const at::Tensor effects
        = at::matmul(gained, context.model->weights().W_U.matrix()); // [d_sae, d_vocab]
    const at::Tensor top = std::get<1>(effects.topk(10, 1));
    return top.eq(encoded->ids.front().value).any(1);
}

struct Planned {
    int couplets = 0, active = 0, control = 0;
};

// The control asks for the rhyme word of another family, which the first line gives no reason to
// think of.
Result<Planned> plannedWords(const CheckContext& context)
{
    Planned planned;
    const auto all = allCouplets();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string& other = all[(i + 4) % all.size()].rhyme();
        bool isActive = false;
        bool isControl = false;
        const auto tokens = context.encode(all[i].prompt);
        if (!tokens)
            return fail(tokens.error());
        for (const auto& sae : context.saes) {
            const HookPoint hook = sae->config().hookIn;
            const auto run = runWithCache(*context.model, idsTensor(*tokens), {hook});
            const auto own = featuresOf(context, *sae, all[i].rhyme());
            const auto others = featuresOf(context, *sae, other);
            if (!run || !own || !others)
                return fail(!run ? run.error() : !own ? own.error() : others.error());
            const at::Tensor fires = sae->activations(run->cache.at(hook)[0][-1]).gt(0);
            isActive = isActive || (fires & *own).any().item<bool>();
            isControl = isControl || (fires & *others).any().item<bool>();
        }
        ++planned.couplets;
        planned.active += isActive;
        planned.control += isControl;
    }
    return planned;
}

bool endsInFamily(const std::string& text, std::size_t family)
{
    const std::string line = text.substr(0, text.find('.') + 1);
    return std::any_of(rhymeFamilies()[family].begin(), rhymeFamilies()[family].end(),
        [&](const RhymeWord& rhyme) { return line.ends_with(" " + rhyme.word + "."); });
}

/// The end of the first line takes the features it has after a word of another family; the word
/// itself stays.
Result<bool> changesRhyme(const CheckContext& context, const std::shared_ptr<const Dictionary>& sae,
    const Couplet& from, const Couplet& to)
{
    const auto prompt = context.encode(from.prompt);
    const auto donor = context.encode(to.prompt);
    if (!prompt || !donor)
        return fail(!prompt ? prompt.error() : donor.error());
    SwapOptions options;
    options.atDifference = false;
    const auto swap = swapFeatures(*context.model, {sae}, *prompt, *donor, options);
    if (!swap)
        return fail(swap.error());
    std::vector<Intervention> changes = interventionsOf(*swap, {sae});
    for (Intervention& change : changes)
        change.positions = PositionRange::from(change.positions.first);
    InterventionOptions free;
    free.freezeAttention = false;
    const auto said = interveneAndGenerate(*context.model, {sae}, *prompt, changes, 20, free);
    if (!said)
        return fail(said.error());
    return endsInFamily(context.tokenizer->decode(said->ids), to.family);
}

} // namespace

Result<Claims> checkRhymes(const CheckContext& context)
{
    const at::NoGradGuard noGradients;
    const auto planned = plannedWords(context);
    if (!planned)
        return fail(planned.error());
    const auto all = allCouplets();
    double best = 0;
    std::string layers;
    for (const auto& sae : context.saes) {
        int changed = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto changes = changesRhyme(context, sae, all[i], all[(i + 4) % all.size()]);
            if (!changes)
                return fail(changes.error());
            changed += *changes;
        }
        best = std::max(best, static_cast<double>(changed) / static_cast<double>(all.size()));
        layers += (layers.empty() ? "" : ", ") + sae->config().name + ": " + std::to_string(changed)
            + " of " + std::to_string(all.size());
    }
    char note[160];
    std::snprintf(note, sizeof note,
        "couplets with an active feature that promotes the rhyme word, at the end of the first "
        "line; the same "
        "for another family's word: %d of %d",
        planned->control, planned->couplets);
    return Claims{
        {"rhymes: the rhyme word's features active before the line",
            static_cast<double>(planned->active) / planned->couplets, 0.5, false, false, note},
        {"rhymes: steered lines that end in the other rhyme", best, 0.7, false, false,
            "features of the first line's end replaced by another family's, best SAE (" + layers
                + ")"}};
}

} // namespace core
