#pragma once

#include "ui/circuit/canvas/circuit_painter.h"

#include <QString>

namespace ui {

/// A node in words, several plain lines: what and where it is, its strongest five inputs and
/// outputs with weight and share of the target's input. Looks at its own edges only.
QString circuitNodeText(const CircuitScene& scene, const CircuitPaint& paint, int node);
/// A folded cell: where it is, how many nodes of which kind, the most influential by name.
QString circuitCellText(
    const CircuitScene& scene, const CircuitPaint& paint, const CircuitScene::Cell& cell);
/// "layer 5, position 3, feature 1234, label Texas, pinned, in supernode state"
QString circuitNodeName(const CircuitScene& scene, int node);

} // namespace ui
