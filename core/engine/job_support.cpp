#include "core/engine/job_support.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/model_folder.h"
#include "core/engine/workspace_setup.h"
#include "core/model/blas_check.h"

#include <algorithm>
#include <thread>

namespace core {

void useTorchThreads(const JobControl& control)
{
    setTorchThreads(control.threads > 0
            ? control.threads
            : std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

Result<LoadedModel> loadForJob(const std::string& model, const JobControl& control)
{
    useTorchThreads(control);
    const auto precision = Precision::parse(control.device, control.dtype);
    if (!precision)
        return fail(precision.error());
    return loadModelFolder(
        modelPath(model, control.resources), *precision, control.progress, control.stop);
}

Result<LoadedModel> loadForJob(
    const std::string& model, const std::vector<std::string>& paths, const JobControl& control)
{
    auto loaded = loadForJob(model, control);
    if (!loaded)
        return loaded;
    std::vector<std::string> all = paths;
    if (all.empty() && model == "builtin")
        all.push_back("builtin");
    for (const std::string& path : all) {
        auto opened = fitting(*loaded->transformer, openDictionariesAt(path, control.resources));
        if (!opened)
            return fail(opened.error());
        loaded->dictionaries.insert(loaded->dictionaries.end(), opened->begin(), opened->end());
    }
    return loaded;
}

Result<std::filesystem::path> workspaceForJob(
    const std::string& workspace, const JobControl& control)
{
    if (workspace != "builtin")
        return std::filesystem::path(workspace);
    return chooseWorkspace(control.dataFolder, {}, builtinPaths(control.resources).workspace());
}

std::unique_ptr<WorkspaceReader> labelsFor(const std::string& model, const JobControl& control)
{
    if (model != "builtin")
        return nullptr;
    auto reader = WorkspaceReader::open(builtinPaths(control.resources).workspace());
    return reader ? std::move(*reader) : nullptr;
}

} // namespace core
