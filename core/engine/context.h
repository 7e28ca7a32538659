#pragma once

#include "core/base/progress.h"
#include "core/engine/feature_rows.h"
#include "core/engine/workbench.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace core {

/// What a request's work may use while it runs.
struct Context {
    Workbench& bench;
    WorkspaceAccess::Thread thread; ///< Where it runs.
    std::stop_token stop;
    ProgressFn progress; ///< Never empty; lets what waits run (core/base/progress.h).
    std::function<void(const void*)> onPart;

    Result<std::shared_ptr<const LoadedModel>> model() const { return bench.model(); }
    /// What the workspace knows of features; as it is now, also when another takes its place later.
    FeatureRows rows() const { return FeatureRows(bench.workspace, thread); }
    /// The file a request names, or where it names none the workspace in use.
    std::filesystem::path workspaceNamed(const std::string& named) const
    {
        return named.empty() ? bench.workspace.path() : std::filesystem::path(named);
    }
    Result<std::shared_ptr<WorkspaceReader>> reader() const
    {
        return bench.workspace.reader(thread);
    }

    /// Tells the asker a part of the answer, the request's `Part`.
    template <typename Part> void tell(const Part& part) const
    {
        if (onPart)
            onPart(&part);
    }
};

} // namespace core
