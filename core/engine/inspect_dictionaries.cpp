#include "core/api/inspect_dictionaries.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/request_table.h"

namespace core {

Result<std::vector<DictionaryInfo>> run(const InspectDictionariesRequest& request, Context& context)
{
    auto opened = openDictionariesAt(
        request.path, context.bench.options.resources, context.progress, context.stop);
    if (!opened)
        return fail(opened.error());
    const auto model = context.model();
    std::vector<DictionaryInfo> infos;
    for (const auto& dictionary : *opened)
        infos.push_back(describe(*dictionary, model ? model->get() : nullptr));
    return infos;
}

const Handles<InspectDictionariesRequest> kInspectDictionaries(Runs::AsAnAnswer, run);

} // namespace core
