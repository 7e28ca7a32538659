#include "core/api/swap.h"

#include "core/circuits/swap.h"
#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

namespace core {

Result<SwapResult> run(const SwapRequest& request, Context& context)
{
    auto open = context.model();
    if (!open)
        return fail(open.error());
    const LoadedModel& model = **open;
    const RowLookup row = context.rows().lookup();
    auto prompt = tracePrompt(model, request.prompt, {});
    if (!prompt)
        return fail(prompt.error());
    auto donor = tracePrompt(model, request.donor, {});
    if (!donor)
        return fail(donor.error());
    auto dictionaries = swapDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    SwapOptions options;
    options.stop = context.stop;
    auto swapped
        = swapFeatures(*model.transformer, *dictionaries, prompt->ids, donor->ids, options);
    if (!swapped)
        return fail(swapped.error());

    SwapResult out;
    out.request = request;
    out.before = mostProbable(model, swapped->before, kShownTokens);
    out.after = mostProbable(model, swapped->after, kShownTokens);
    out.donor = mostProbable(model, swapped->donor, kShownTokens);
    out.isSwapped = swapped->isSwapped;
    const auto rows = [&](const std::vector<SwappedFeature>& features) {
        std::vector<FeatureRow> list;
        for (const SwappedFeature& feature : features)
            list.push_back(
                row({(*dictionaries)[feature.dictionary]->config().name, feature.at.feature}));
        return list;
    };
    out.removed = rows(swapped->removed);
    out.inserted = rows(swapped->inserted);
    return out;
}

const Handles<SwapRequest> kSwap(Runs::AsAnAnswer, run);

} // namespace core
