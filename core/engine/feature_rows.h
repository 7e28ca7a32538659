#pragma once

#include "core/api/feature_row.h"
#include "core/engine/workspace_access.h"
#include "core/interventions/active_interventions.h"

#include <functional>
#include <memory>

namespace core {

/// What the workspace knows about a feature, for rows in results.
using RowLookup = std::function<FeatureRow(const FeatureRef&)>;

/// What one thread's workspace connection knows about single features, for results that name them.
/// A feature that the workspace does not know gets a row without label and statistics.
class FeatureRows {
public:
    FeatureRows(WorkspaceAccess& workspace, WorkspaceAccess::Thread thread);

    RowLookup lookup() const;
    /// The largest harvested activation; nothing where the dictionary was never harvested.
    MaxActivationFn maxActivation() const;

private:
    std::shared_ptr<WorkspaceReader> m_reader; // null where there is no workspace
};

} // namespace core
