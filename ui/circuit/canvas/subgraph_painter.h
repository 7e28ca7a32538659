#pragma once

#include "ui/circuit/canvas/subgraph_layout.h"

#include <QFont>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>

namespace ui {

/// How a subgraph is drawn; the same for the screen and for pictures.
struct SubgraphPaint {
    QPalette palette;
    QFont font;
    int selected = -1, hovered = -1; ///< Boxes; their arrows show numbers.
    int hoveredArrow = -1;
    int chosenLine = -1; ///< Of the story: its arrow stands out, the others fade.
    bool showsNumbers = false; ///< On every arrow, for pictures.
};

/// Sizes every box for its texts in `font`.
void measureSubgraph(Subgraph& graph, const QFont& font);
void paintSubgraph(QPainter& painter, const Subgraph& graph, const SubgraphPaint& paint);
/// The curve of an arrow, from box to box.
QPainterPath arrowPath(const Subgraph& graph, int arrow);
/// "+3.00 · 86 % of the input of Texas"
QString arrowSentence(const Subgraph& graph, int arrow);

} // namespace ui
