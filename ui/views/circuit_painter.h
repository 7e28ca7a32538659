#pragma once

#include "ui/views/circuit_scene.h"

#include <vector>

#include <QMarginsF>
#include <QPainter>
#include <QPalette>

namespace ui {

/// How a circuit is drawn; the same for the screen and for pictures.
struct CircuitPaint {
    QPalette palette;
    QFont font;
    int edgeBudget = 2000; ///< At most so many edges, the strongest.
    int selected = -1; ///< Its edges are drawn on top, thicker.
    int hovered = -1;
    std::vector<int> marked; ///< Chosen to be grouped.
    std::vector<int> highlighted; ///< The feature that the rest of the window looks at.
    bool showsErrors = true;
    bool showsLabels = true;
    double labelScale
        = 1.0; ///< Labels keep a readable size when zoomed out: text size over scene units.
    double minRadius = 0.0; ///< Nodes stay visible when zoomed out; scene units.
};

/// Between a member of a supernode and the supernode's outline, scene units.
inline constexpr double kGroupPadding = 7.0;

/// The edges, in scene units. Opaque colours already blended with the background, one pen per
/// shade.
void paintCircuitEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint);
/// Grid lines and the outlines of supernodes: what lies below the edges.
void paintCircuitGround(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint);
/// Nodes, labels, and the edges of the selected and hovered node. Returns how many labels found no
/// place.
int paintCircuitNodes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint);

/// Room for the names of rows (left) and tokens (below), in device units.
QMarginsF circuitAxisMargins(const CircuitScene& scene, const CircuitPaint& paint);
/// The names of rows and tokens, at the edges of `view` wherever the scene was moved to: a scene
/// point p stands at p * zoom + offset. In device units.
void paintCircuitAxes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const QRectF& view, double zoom, QPointF offset);

/// One node's shape: features are discs, errors diamonds, tokens and logits boxes.
void paintNodeShape(QPainter& painter, core::NodeKind kind, QPointF center, double radius);
QColor nodeColor(const core::GraphNode& node, const QPalette& palette);
QColor groupColor(int group, const QPalette& palette);
bool isNodeShown(const CircuitScene& scene, const CircuitPaint& paint, int node);
/// Edges that are not drawn: beyond the budget, or at hidden error nodes.
std::int64_t hiddenEdges(const CircuitScene& scene, const CircuitPaint& paint);
/// Whether its size is in points or in pixels.
QFont scaledFont(QFont font, double factor);

} // namespace ui
