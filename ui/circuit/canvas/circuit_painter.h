#pragma once

#include "ui/circuit/canvas/circuit_edges.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/canvas/circuit_shapes.h"

#include <vector>

#include <QFont>
#include <QMarginsF>
#include <QPainter>
#include <QPalette>
#include <QRectF>

namespace ui {

struct CircuitLabels;

/// How a circuit is drawn; the same for the screen and for pictures.
struct CircuitPaint {
    QPalette palette;
    QFont font;
    int edgeBudget = 2000; ///< At most so many edges, the strongest.
    int selected = -1; ///< Its edges are drawn on top, thicker.
    int hovered = -1;
    std::vector<int> marked; ///< Chosen to be grouped.
    std::vector<int> highlighted; ///< The feature that the rest of the window looks at.
    bool isFiltered = false; ///< `found` stands out, all else is faded.
    std::vector<int> found;
    bool showsErrors = true;
    bool isComparison = false; ///< Of two graphs: a weight is a difference.
    bool showsLabels = true;
    int labelBudget = 100'000; ///< At most so many names, of the most influential nodes.
    bool foldsCells = false; ///< Too small to tell apart: a mark with a count per cell.
    QRectF view; ///< The part of the scene to draw; null for all.
    bool cutsAtView = false; ///< Nothing reaches beyond `view`, for pictures of a part.
    double labelScale
        = 1.0; ///< Labels keep a readable size when zoomed out: text size over scene units.
    double lineScale = 1.0; ///< The same for lines.
    double minRadius = 0.0; ///< Nodes stay visible when zoomed out; scene units.
};

/// Between a member of a supernode and the supernode's outline, scene units.
inline constexpr double kGroupPadding = 7.0;

bool isNodeShown(const CircuitScene& scene, const CircuitPaint& paint, int node);
/// Shown, and inside the view.
bool isNodeInView(const CircuitScene& scene, const CircuitPaint& paint, int node);

/// Grid lines and the outlines of supernodes: what lies below the edges.
void paintCircuitGround(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint);
/// Every node in the view and its labels; what a filter found stands out from the rest. When cells
/// are folded, marks with counts.
void paintCircuitNodes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const CircuitLabels& labels);
/// What changes while a person looks: the edges of the chosen and hovered node, the way through
/// them, and rings; while a node is hovered all else is dimmed. `labels`
/// are those that the layer below shows.
void paintCircuitOverlay(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const CircuitLabels& labels);

/// Where the mark of a folded cell stands, scene units; null when it has no more than one shown
/// node.
QRectF cellMark(
    const CircuitScene& scene, const CircuitPaint& paint, const CircuitScene::Cell& cell);
/// The shown nodes of a cell, the most influential first.
std::vector<int> shownNodes(
    const CircuitScene& scene, const CircuitPaint& paint, const CircuitScene::Cell& cell);

/// Room for the names of rows (left) and tokens (below), in device units.
QMarginsF circuitAxisMargins(const CircuitScene& scene, const CircuitPaint& paint);
/// The names of rows and tokens, at the edges of `view` wherever the scene was moved to: a scene
/// point p stands at p * zoom + offset. In device units.
void paintCircuitAxes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const QRectF& view, double zoom, QPointF offset);

/// Whether its size is in points or in pixels.
QFont scaledFont(QFont font, double factor);

} // namespace ui
