#include "core/api/writing_relatives.h"

#include "core/engine/feature_directions.h"
#include "core/engine/request_table.h"

#include <algorithm>

namespace core {

Result<WritingRelatives> run(
    const WritingRelativesRequest& request, const LoadedModel& model, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    const auto writing = [&](const Dictionary& dictionary) -> Result<std::vector<char>> {
        const DictionaryConfig& config = dictionary.config();
        const auto stored = (*reader)->dictionary(config.name);
        if (!stored)
            return fail(stored.error());
        if (!*stored)
            return std::vector<char>();
        const auto scores = (*reader)->column(**stored, "output_score");
        if (!scores)
            return fail(scores.error());
        std::vector<char> writes(static_cast<std::size_t>(config.d_sae), 0);
        for (std::size_t i = 0; i < std::min(writes.size(), (*scores)->size()); ++i)
            writes[i] = static_cast<double>((**scores)[i]) >= kWritesFrom; // not an unknown one
        if (config.name == request.feature.dictionary && request.feature.feature.isValid()
            && request.feature.feature.index() < writes.size())
            writes[request.feature.feature.index()] = 0;
        return writes;
    };
    const auto alike = mostAlike(
        model, request.feature, request.most, "Looking for relatives", context, writing);
    if (!alike)
        return fail(alike.error());
    WritingRelatives answer{request.feature, {}};
    const RowLookup row = context.rows().lookup();
    for (const AlikeFeature& one : *alike)
        if (static_cast<double>(one.cosine) >= request.leastCosine)
            answer.relatives.push_back({row(one.feature), one.cosine});
    return answer;
}

const Handles<WritingRelativesRequest> kWritingRelatives(Runs::AtAClick, run);

} // namespace core
