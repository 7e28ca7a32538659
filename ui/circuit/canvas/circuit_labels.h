#pragma once

#include "ui/circuit/canvas/circuit_painter.h"

#include <vector>

#include <QFontMetricsF>
#include <QStringList>

namespace ui {

/// A text and the place it got, in scene units.
struct CircuitLabel {
    int node = -1; ///< -1 for the name of a supernode.
    QRectF place;
    QStringList lines;
};

struct CircuitLabels {
    std::vector<CircuitLabel> placed; ///< No two of them meet, and none covers a node.
    int leftOut = 0; ///< Labels that found no free place, or were beyond the budget.
    QFont font;
};

/// Labels beside the nodes in the view, the most influential first. One that finds no free place is
/// left out and counted.
CircuitLabels placeCircuitLabels(const CircuitScene& scene, const CircuitPaint& paint);
/// Labels of these nodes only, in this order, where no label of `taken` stands. They may cover
/// other nodes; the first always finds a place.
CircuitLabels placeCircuitLabelsOf(const CircuitScene& scene, const CircuitPaint& paint,
    const std::vector<int>& nodes, const std::vector<CircuitLabel>& taken);

/// The text in at most two lines that fit `width`; what is longer ends in "…".
QStringList wrappedText(const QString& text, const QFontMetricsF& metrics, double width);

} // namespace ui
