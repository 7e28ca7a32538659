#include "core/api/nearest_elsewhere.h"

#include "core/engine/feature_directions.h"
#include "core/engine/request_table.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace core {

Result<NearestElsewhere> run(
    const NearestElsewhereRequest& request, const LoadedModel& model, Context& context)
{
    const c10::InferenceMode inference;
    const auto own = dictionaryOf(model, request.feature);
    if (!own)
        return fail(own.error());
    const at::Tensor direction
        = (*own)->decoderRows(std::vector<FeatureId>{request.feature.feature})[0];
    std::vector<NearFeature> all;
    for (const auto& dictionary : model.dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        context.progress({"Looking in other dictionaries", 0, 0, "dictionaries"});
        if (context.stop.stop_requested())
            return cancelled();
        if (dictionary == *own || config.d_out != direction.size(0))
            continue;
        const auto [cosines, features]
            = decoderCosines(*dictionary, direction)
                  .topk(std::clamp<std::int64_t>(request.most, 0, config.d_sae));
        for (std::int64_t i = 0; i < cosines.numel(); ++i)
            all.push_back({{config.name, FeatureId(features[i].item<std::int64_t>())}, {},
                cosines[i].item<float>()});
    }
    std::stable_sort(all.begin(), all.end(),
        [](const NearFeature& a, const NearFeature& b) { return a.cosine > b.cosine; });
    all.resize(std::min(all.size(), static_cast<std::size_t>(std::max(0, request.most))));
    const RowLookup row = context.rows().lookup();
    for (NearFeature& near : all)
        near.label = row(near.feature).label.text;
    return NearestElsewhere{request.feature, std::move(all)};
}

const Handles<NearestElsewhereRequest> kNearestElsewhere(Runs::AsAnAnswer, run);

} // namespace core
