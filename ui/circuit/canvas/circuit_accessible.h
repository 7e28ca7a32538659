#pragma once

namespace ui {

class CircuitCanvas;

/// What screen readers find in a circuit canvas: its nodes as a list of items that can be chosen,
/// each with where it stands and what it is called. At most `kMostAccessibleNodes`, the most
/// influential, and the chosen one; the canvas' own text says how many there are in all.
void installCircuitAccessibility(); ///< Once for the program; more calls do nothing.

inline constexpr int kMostAccessibleNodes = 500;

/// Tells screen readers that the focus is on this node now; -1 for none.
void announceCircuitNode(CircuitCanvas* canvas, int node);

} // namespace ui
