#include "core/api/label_history.h"

#include "core/engine/request_table.h"
#include "core/features/feature_cards.h"

#include <algorithm>

namespace core {

Result<LabelHistory> run(const LabelHistoryRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    const auto row = featureRow(**reader, request.feature); // refuses what is not there
    if (!row)
        return fail(row.error());
    const auto stored = (*reader)->dictionary(request.feature.dictionary);
    if (!stored)
        return fail(stored.error());
    auto versions = (*reader)->labelVersions({(*stored)->id, request.feature.feature});
    if (!versions)
        return fail(versions.error());
    // A person's label is noted when it is set: the newest may be what is shown.
    const auto shown = std::find_if(versions->begin(), versions->end(), [&](const auto& version) {
        return version.source == row->label.source && version.text == row->label.text;
    });
    if (shown != versions->end() && row->label.source == LabelSource::Person)
        versions->erase(shown);
    return LabelHistory{request.feature, std::move(*versions)};
}

const Handles<LabelHistoryRequest> kLabelHistory(Runs::OnReader, run);

} // namespace core
