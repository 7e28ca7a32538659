#pragma once

#include "ui/views/circuit_scene.h"

#include <QPalette>
#include <QPainter>

namespace ui {

/// How a circuit is drawn; the same for the screen and for pictures.
struct CircuitPaint {
    QPalette palette;
    QFont font;
    int edgeBudget = 2000; ///< At most so many edges, the strongest.
    int selected = -1; ///< Its edges are drawn on top, thicker.
    int hovered = -1;
    bool showsErrors = true;
    bool showsLabels = true;
    double labelScale = 1.0; ///< Labels keep a readable size when zoomed out: text size over scene units.
};

/// The edges, in scene units. Opaque colours already blended with the background, one pen per shade.
void paintCircuitEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint);
/// Rows, columns, nodes, labels, and the edges of the selected and hovered node.
void paintCircuitNodes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint);

/// One node's shape: features are discs, errors diamonds, tokens and logits boxes.
void paintNodeShape(QPainter& painter, core::NodeKind kind, QPointF center, double radius);

QColor nodeColor(const core::GraphNode& node, const QPalette& palette);
/// Edges that the budget hides.
std::int64_t hiddenEdges(const CircuitScene& scene, const CircuitPaint& paint);

} // namespace ui
