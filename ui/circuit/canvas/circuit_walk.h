#pragma once

#include "ui/circuit/canvas/circuit_painter.h"

#include <vector>

#include <QString>

/// Ways from node to node among those that are shown, for keys and for searching.
namespace ui {

/// The other end of the strongest edge upwards or downwards; the node itself at an end. Without a
/// node (-1) the walk begins at the most probable logit.
int nextAlongEdges(const CircuitScene& scene, const CircuitPaint& paint, int node, bool isUp);
/// The way through a node, as edges from the top: up along the edge with most influence to an
/// output, down along the strongest edge that raises and is no error node's to a word.
std::vector<int> pathThrough(const CircuitScene& scene, const CircuitPaint& paint, int node);
/// The next node of the row, from left to right and from the top: every node can be reached.
int neighbourInRow(const CircuitScene& scene, const CircuitPaint& paint, int node, bool isRight);
/// The nodes whose title contains `text`, in any case: from the top, then from the left.
std::vector<int> nodesNamed(
    const CircuitScene& scene, const CircuitPaint& paint, const QString& text);
/// The one after, or before, `node`; around the end. Not for an empty list.
int nextOf(const std::vector<int>& nodes, int node, bool isForward);

} // namespace ui
