#pragma once

#include "ui/views/circuit_painter.h"

#include <vector>

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
    int leftOut = 0; ///< Labels that found no free place.
    QFont font;
};

/// Labels beside their nodes, the most influential first. One that finds no free place is left out
/// and counted.
CircuitLabels placeCircuitLabels(const CircuitScene& scene, const CircuitPaint& paint);

} // namespace ui
