#include "core/api/open_model.h"

#include "core/base/log.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/model_folder.h"
#include "core/engine/packs.h"
#include "core/engine/request_table.h"
#include "core/engine/workspace_setup.h"

namespace core {

namespace {

namespace fs = std::filesystem;

/// What comes with the program for a model: dictionaries as a person writes them, and their
/// harvest. Both empty where nothing does.
struct Brought {
    std::string dictionaries;
    fs::path workspace;
};

Brought broughtFor(
    const OpenModelRequest& request, const LoadedModel& model, const Engine::Options& options)
{
    if (request.path == "builtin")
        return {request.path, builtinPaths(options.resources).workspace()};
    const auto pack
        = packFor(*model.transformer, packShelves(options.resources, options.dataFolder));
    if (!pack)
        return {};
    // What a person began with the model before there was a pack is gone on with.
    const bool hasOwn = fs::exists(ownWorkspace(options.dataFolder, model.info));
    return {pack->folder.string(), hasOwn ? fs::path() : pack->workspace()};
}

} // namespace

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
    const Brought brought = broughtFor(request, *next, bench.options);
    if (!isBuiltin && old && next->info.path == (*old)->info.path) {
        // The same model in another precision or place: what was opened for it stays.
        for (const auto& dictionary : (*old)->dictionaries)
            next->dictionaries.push_back(placed(*next->transformer, dictionary));
    } else if (!brought.dictionaries.empty() && request.bringsDictionaries) {
        auto opened = fitting(*next->transformer,
            openDictionariesAt(brought.dictionaries, resources, context.progress, context.stop));
        if (!opened && (isBuiltin || opened.error().code == Error::Code::Cancelled))
            return fail(opened.error());
        if (opened) {
            next->dictionaries = std::move(opened->dictionaries);
            refused = describe(opened->refused);
        } else { // A pack that is broken must not keep its model closed.
            refused.push_back({fs::path(brought.dictionaries).filename().string(),
                brought.dictionaries, opened.error().message});
        }
    }
    fs::path workspace;
    if (!brought.workspace.empty() || bench.options.keepsWorkspaces) {
        auto chosen = chooseWorkspace(bench.options.dataFolder, next->info, brought.workspace);
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
