#include "core/builtin/check_context.h"

#include "core/builtin/greedy_answer.h"
#include "core/builtin/states.h"
#include "core/circuits/swap.h"

#include <cstdio>

namespace core {

namespace {

Result<MeasuredClaim> heldOut(const CheckContext& context)
{
    int asked = 0;
    int right = 0;
    std::string wrong;
    for (std::size_t state = 0; state < states().size(); ++state) {
        for (std::size_t city = 0; city < states()[state].cities.size(); ++city) {
            for (const auto relation : kStateRelations) {
                if (!isHeldOut(state, city, relation))
                    continue;
                const auto prompt = twoHopPrompt(relation, states()[state].cities[city]);
                const auto said = greedyAnswer(context, prompt, 16);
                if (!said)
                    return fail(said.error());
                const std::string& value = states()[state].value(relation);
                ++asked;
                if (said->starts_with(" " + value + "."))
                    ++right;
                else if (wrong.size() < 200)
                    wrong += " [" + prompt + said->substr(0, said->find('.')) + ", not " + value
                        + "]";
            }
        }
    }
    return MeasuredClaim{"two hops: combinations never seen in training",
        static_cast<double>(right) / asked, 0.95, false, true,
        std::to_string(right) + " of " + std::to_string(asked) + ", greedy" + wrong};
}

struct SwapCount {
    int pairs = 0, swapped = 0;
};

/// Every state with the next eight, each with a city of its own, asked for the capital.
Result<SwapCount> swapAll(const CheckContext& context, const Dictionaries& dictionaries)
{
    constexpr std::size_t kPartners = 8;
    SwapCount count;
    for (std::size_t from = 0; from < states().size(); ++from) {
        for (std::size_t partner = 1; partner <= kPartners; ++partner) {
            const std::size_t to = (from + partner) % states().size();
            // Another city for each partner, so that the result is the states' and not two cities'.
            const auto& cityFrom = states()[from].cities[to % states()[from].cities.size()];
            const auto& cityTo = states()[to].cities[from % states()[to].cities.size()];
            const auto prompt = context.encode(twoHopPrompt(StateRelation::Capital, cityFrom));
            const auto donor = context.encode(twoHopPrompt(StateRelation::Capital, cityTo));
            if (!prompt || !donor)
                return fail(!prompt ? prompt.error() : donor.error());
            SwapOptions options;
            options.stop = context.stop;
            const auto swap = swapFeatures(*context.model, dictionaries, *prompt, *donor, options);
            if (!swap)
                return fail(swap.error());
            ++count.pairs;
            count.swapped += swap->isSwapped;
        }
    }
    return count;
}

double share(const SwapCount& count)
{
    return static_cast<double>(count.swapped) / count.pairs;
}

} // namespace

Result<Claims> checkTwoHops(const CheckContext& context)
{
    const auto known = heldOut(context);
    if (!known)
        return fail(known.error());
    // One SAE at a time: all of them together would carry the whole stream over.
    double best = -1;
    std::size_t bestLayer = 0;
    std::string layers;
    for (std::size_t layer = 0; layer + 1 < context.saes.size(); ++layer) {
        const auto count = swapAll(context, {context.saes[layer]});
        if (!count)
            return fail(count.error());
        char text[48];
        std::snprintf(text, sizeof text, "%slayer %zu: %d of %d", layers.empty() ? "" : ", ", layer,
            count->swapped, count->pairs);
        layers += text;
        if (share(*count) > best) {
            best = share(*count);
            bestLayer = layer;
        }
    }
    const auto transcoders = swapAll(context, context.transcoders);
    if (!transcoders)
        return fail(transcoders.error());
    return Claims{*known,
        {"two hops: swap of states with SAE features", best, 0.9, false, true,
            "features of one SAE at the city and the last token, best at layer "
                + std::to_string(bestLayer) + " (" + layers + ")"},
        {"two hops: swap of states with transcoder features", share(*transcoders), 0.9, false, true,
            std::to_string(transcoders->swapped) + " of " + std::to_string(transcoders->pairs)
                + " ordered pairs, all layers, at the city and the last token"}};
}

} // namespace core
