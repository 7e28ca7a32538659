#include "core/api/nearest_elsewhere.h"

#include "core/engine/feature_directions.h"
#include "core/engine/request_table.h"

namespace core {

Result<NearestElsewhere> run(
    const NearestElsewhereRequest& request, const LoadedModel& model, Context& context)
{
    const auto alike
        = mostAlike(model, request.feature, request.most, "Looking in other dictionaries", context,
            [&](const Dictionary& dictionary) -> Result<std::vector<char>> {
                const DictionaryConfig& config = dictionary.config();
                const bool isOwn = config.name == request.feature.dictionary;
                return std::vector<char>(isOwn ? 0 : static_cast<std::size_t>(config.d_sae), 1);
            });
    if (!alike)
        return fail(alike.error());
    NearestElsewhere answer{request.feature, {}};
    const RowLookup row = context.rows().lookup();
    for (const AlikeFeature& one : *alike)
        answer.nearest.push_back({one.feature, row(one.feature).label.text, one.cosine});
    return answer;
}

const Handles<NearestElsewhereRequest> kNearestElsewhere(Runs::AsAnAnswer, run);

} // namespace core
