#include "core/api/writing_relatives.h"

#include "core/engine/feature_directions.h"
#include "core/engine/request_table.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace core {

namespace {

struct Alike {
    FeatureRef feature;
    float cosine = 0.0f;
};

} // namespace

Result<WritingRelatives> run(
    const WritingRelativesRequest& request, const LoadedModel& model, Context& context)
{
    const c10::InferenceMode inference;
    const auto own = dictionaryOf(model, request.feature);
    if (!own)
        return fail(own.error());
    const at::Tensor direction
        = (*own)->decoderRows(std::vector<FeatureId>{request.feature.feature})[0];
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    std::vector<Alike> alike;
    for (const auto& dictionary : model.dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        context.progress({"Looking for relatives", 0, 0, "dictionaries"});
        if (context.stop.stop_requested())
            return cancelled();
        const auto stored = (*reader)->dictionary(config.name);
        if (!stored)
            return fail(stored.error());
        if (!*stored || config.d_out != direction.size(0))
            continue;
        const auto columns = (*reader)->columns(**stored);
        if (!columns)
            return fail(columns.error());
        const at::Tensor cosines = decoderCosines(*dictionary, direction);
        for (std::int64_t i = 0; i < config.d_sae; ++i) {
            const FeatureRef other{config.name, FeatureId(i)};
            const float cosine = cosines.data_ptr<float>()[i];
            const float score = (*columns)->outputScoreOf(static_cast<std::size_t>(i));
            if (static_cast<double>(score) >= kWritesFrom
                && static_cast<double>(cosine) >= request.leastCosine && other != request.feature)
                alike.push_back({other, cosine});
        }
    }
    std::stable_sort(alike.begin(), alike.end(),
        [](const Alike& a, const Alike& b) { return a.cosine > b.cosine; });
    alike.resize(std::min(alike.size(), static_cast<std::size_t>(std::max(0, request.most))));
    WritingRelatives answer{request.feature, {}};
    const RowLookup row = context.rows().lookup();
    for (const Alike& one : alike)
        answer.relatives.push_back({row(one.feature), one.cosine});
    return answer;
}

const Handles<WritingRelativesRequest> kWritingRelatives(Runs::AtAClick, run);

} // namespace core
