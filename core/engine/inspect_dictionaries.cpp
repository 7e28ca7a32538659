#include "core/api/inspect_dictionaries.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/request_table.h"

namespace core {

Result<InspectedDictionaries> run(const InspectDictionariesRequest& request, Context& context)
{
    auto opened = openDictionariesAt(
        request.path, context.bench.options.resources, context.progress, context.stop);
    if (!opened)
        return fail(opened.error());
    const auto model = context.model();
    InspectedDictionaries inspected{{}, describe(opened->refused)};
    for (const auto& dictionary : opened->dictionaries)
        inspected.dictionaries.push_back(describe(*dictionary, model ? model->get() : nullptr));
    return inspected;
}

const Handles<InspectDictionariesRequest> kInspectDictionaries(Runs::AsAnAnswer, run);

} // namespace core
