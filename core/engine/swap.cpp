#include "core/api/swap.h"

#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

namespace core {

Result<SwapResult> run(const SwapRequest& request, const LoadedModel& model, Context& context)
{
    const RowLookup row = context.rows().lookup();
    const auto dictionaries = swapDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    const auto swapped
        = swapByDifference(model, *dictionaries, request.prompt, request.donor, context.stop);
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
