#pragma once

#include "ui/circuit/canvas/circuit_scene.h"

#include <cstdint>
#include <span>
#include <vector>

#include <QPainter>

namespace ui {

struct CircuitPaint;

/// Which edges are drawn: the strongest that cross the view, up to the budget.
struct EdgeChoice {
    std::vector<int> drawn; ///< Indices into the graph's edges, those with most influence first.
    /// From this one on they are faded: the strongest before it carry half of the influence of all
    /// that are drawn, or are as many as can be told apart. `drawn.size()`: none is.
    int fadedFrom = 0;
    float fadedBelow = 0; ///< Their influence is below this share of the strongest edge's.
    bool isCut = false; ///< The budget ended before the edges did.
    std::int64_t atHiddenNodes = 0; ///< Edges that are not drawn as an end is hidden.
};
EdgeChoice chooseEdges(const CircuitScene& scene, const CircuitPaint& paint);

/// In opaque colours already blended with the background; negative ones dashed. With
/// `CircuitPaint::cutsAtView` they end at the view's border.
void paintCircuitEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const EdgeChoice& edges);

/// Edges of a way through the graph, thick, with heads: what is brought forward.
void paintPathEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    std::span<const int> edges);

/// The strongest edges at a node on top of the others, thick.
void paintStrongEdges(
    QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int node);
/// What stands at their ends, above nodes and names: arrow heads raise, bars lower.
void paintStrongHeads(
    QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int node);
/// Whether one of those edges passes through `place`.
bool strongEdgesCross(
    const CircuitScene& scene, const CircuitPaint& paint, int node, const QRectF& place);
/// The other ends of those edges, and the node itself.
std::vector<int> strongNeighbours(const CircuitScene& scene, const CircuitPaint& paint, int node);

} // namespace ui
