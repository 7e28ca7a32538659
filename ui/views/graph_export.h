#pragma once

#include "core/base/result.h"
#include "core/engine/results.h"

#include <memory>

#include <QPalette>
#include <QString>

namespace ui {

struct GraphExportOptions {
    double scale = 2.0; ///< PNG only: pixels per scene unit.
    bool showsErrors = true;
    QPalette palette; ///< Pictures for paper use the light one.
};

/// Writes an attribution graph as a picture that can be read without the program: PNG, or SVG and
/// PDF as true vectors with selectable text, by the ending of `path`. Under the graph stand a
/// legend, the prompt, model, dictionaries, thresholds, scores, and how much is hidden. Written to
/// a temporary and renamed.
core::Result<void> exportGraph(const std::shared_ptr<const core::AttributionGraph>& graph,
    const QString& path, const GraphExportOptions& options);

} // namespace ui
