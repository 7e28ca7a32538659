#include "core/api/add_dictionaries.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/request_table.h"

#include <algorithm>

namespace core {

Result<EngineState> run(
    const AddDictionariesRequest& request, const LoadedModel& model, Context& context)
{
    auto opened = fitting(*model.transformer,
        openDictionariesAt(
            request.path, context.bench.options.resources, context.progress, context.stop));
    if (!opened)
        return fail(opened.error());
    Dictionaries all = model.dictionaries;
    for (const auto& dictionary : opened->dictionaries) {
        const auto old = std::find_if(all.begin(), all.end(),
            [&](const auto& one) { return one->config().name == dictionary->config().name; });
        if (old == all.end())
            all.push_back(dictionary);
        else
            *old = dictionary; // opened again: what is on disk now counts
    }
    if (auto put = context.bench.putDictionaries(std::move(all), context.progress); !put)
        return fail(put.error());
    context.bench.noteRefused(request.path, describe(opened->refused));
    return context.bench.state();
}

const Handles<AddDictionariesRequest> kAddDictionaries(Runs::AsAnAnswer, run);

} // namespace core
