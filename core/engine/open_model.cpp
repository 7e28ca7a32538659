#include "core/api/open_model.h"

#include "core/base/log.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/model_folder.h"
#include "core/engine/request_table.h"
#include "core/engine/workspace_setup.h"

namespace core {

Result<EngineState> run(const OpenModelRequest& request, Context& context)
{
    Workbench& bench = context.bench;
    const std::string& resources = bench.options.resources;
    const bool isBuiltin = request.path == "builtin";
    std::string deviceNote;
    const auto precision = bench.precisionOf(request, &deviceNote);
    if (!precision)
        return fail(precision.error());
    auto next = loadModelFolder(
        modelPath(request.path, resources), *precision, context.progress, context.stop);
    if (!next)
        return fail(next.error());
    next->info.isBlasSlow = !bench.blasNote.empty();
    next->info.blasNote = bench.blasNote;
    next->info.deviceNote = deviceNote;
    const auto old = bench.model();
    std::vector<RefusedDictionary> refused;
    if (isBuiltin && request.bringsDictionaries) {
        auto opened = fitting(*next->transformer,
            openDictionariesAt(request.path, resources, context.progress, context.stop));
        if (!opened)
            return fail(opened.error());
        next->dictionaries = std::move(opened->dictionaries);
        refused = describe(opened->refused);
    } else if (!isBuiltin && old && next->info.path == (*old)->info.path) {
        // The same model in another precision or place: what was opened for it stays.
        for (const auto& dictionary : (*old)->dictionaries)
            next->dictionaries.push_back(dictionary->to(next->transformer->device()));
    }
    std::filesystem::path workspace;
    if (isBuiltin || bench.options.keepsWorkspaces) {
        auto chosen = chooseWorkspace(bench.options.dataFolder, next->info,
            isBuiltin ? builtinPaths(resources).workspace() : std::filesystem::path());
        // A program that only reads the shipped labels goes on without them.
        if (!chosen && bench.options.keepsWorkspaces)
            return fail(chosen.error());
        if (chosen)
            workspace = *chosen;
        else
            logWarning("{}", chosen.error().message);
    }
    // Everything is whole: only now does the old model go.
    if (auto put = bench.put(std::move(*next), workspace, context.progress); !put)
        return fail(put.error());
    bench.noteRefused(request.path, std::move(refused));
    return bench.state();
}

const Handles<OpenModelRequest> kOpenModel(Runs::AsAnAnswer, run);

} // namespace core
