#pragma once

#include "core/engine/analysis.h"
#include "core/engine/workspace_access.h"
#include "core/interventions/active_interventions.h"

namespace core {

/// What one thread's workspace connection knows about single features, for results that name them.
/// A feature that the workspace does not know gets a row without label and statistics.
class FeatureRows {
public:
    FeatureRows(WorkspaceAccess& workspace, WorkspaceAccess::Thread thread)
        : m_workspace(workspace)
        , m_thread(thread)
    {
    }

    RowLookup lookup() const;
    /// The largest harvested activation; nothing where the dictionary was never harvested.
    MaxActivationFn maxActivation() const;

private:
    WorkspaceAccess& m_workspace;
    WorkspaceAccess::Thread m_thread;
};

/// The same over a connection of the caller's own.
RowLookup rowLookup(WorkspaceReader& reader);
MaxActivationFn maxActivation(WorkspaceReader& reader);

} // namespace core
