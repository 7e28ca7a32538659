#include "core/api/use_workspace.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/request_table.h"
#include "core/engine/workspace_setup.h"

namespace core {

Result<EngineState> run(const UseWorkspaceRequest& request, Context& context)
{
    Workbench& bench = context.bench;
    std::filesystem::path path = request.path;
    if (request.path == "builtin") {
        auto copy = chooseWorkspace(
            bench.options.dataFolder, {}, builtinPaths(bench.options.resources).workspace());
        if (!copy)
            return fail(copy.error());
        path = *copy;
    }
    if (auto put = bench.putWorkspace(path); !put)
        return fail(put.error());
    return bench.state();
}

const Handles<UseWorkspaceRequest> kUseWorkspace(Runs::AsAnAnswer, run);

} // namespace core
