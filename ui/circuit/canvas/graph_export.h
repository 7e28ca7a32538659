#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/story.h"
#include "core/base/result.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <QPalette>
#include <QPointF>
#include <QRectF>
#include <QString>

namespace ui {

struct GraphExportOptions {
    enum class What : std::uint8_t { Whole, Visible, Subgraph };

    /// PNG only: pixels per scene unit. 0 chooses 2, or less where the picture would be too large.
    double scale = 0.0;
    bool showsErrors = true;
    bool isComparison = false; ///< The graph is that of a GraphComparison.
    QPalette palette; ///< Pictures for paper use the light one.
    What what = What::Whole;
    QRectF visible; ///< Of Visible: the part of the scene, `CircuitCanvas::visibleScene()`.
    /// Of Subgraph: where a person put boxes, `SubgraphView::positions()`.
    std::vector<std::pair<QString, QPointF>> positions;
    core::Story story; ///< Of Subgraph: what *Explain* said of it; empty: nothing.
    bool showsSentences = true; ///< Its sentences stand below the picture.
};

/// Writes an attribution graph as a picture that can be read without the program: PNG, or SVG and
/// PDF as true vectors with selectable text, by the ending of `path`. Under the graph stand a
/// legend, the prompt, model, dictionaries, thresholds, scores, and how much is hidden. Written to
/// a temporary and renamed.
core::Result<void> exportGraph(const std::shared_ptr<const core::AttributionGraph>& graph,
    const QString& path, const GraphExportOptions& options);

} // namespace ui
