#pragma once

#include "core/api/sweep.h"

#include <QFont>
#include <QPalette>
#include <QRect>
#include <QString>

class QPainter;

namespace ui {

/// How a cell of a sweep looks: the same in the window and in saved pictures.
struct SweepCellLook {
    QString text; ///< One line; as much of it is painted as fits.
    double onTopic = 0.0;
    double heat = 0.0; ///< `onTopic` as a share of the sweep's largest, 0 to 1.
    bool isWhole = true, isSweetSpot = false, isIsoKl = false;
};

SweepCellLook sweepCellLook(const core::Sweep& sweep, int row, int column);
/// From a cell's edge to its text: room for the frames of sweet spot and chosen cell.
int sweepCellPadding(const QFont& font);
double largestOnTopic(const core::Sweep& sweep); ///< Where the colours end; never 0.

/// On-topic share and marks on the first line, the text's beginning below; the darker, the more on
/// topic. Broken texts are hatched, the sweet spot is framed, and both are said in a word.
void paintSweepCell(QPainter& painter, const QRect& rect, const SweepCellLook& look,
    const QPalette& palette, const QFont& font, bool isCurrent = false);

/// What colours, hatching, frame and marks mean, one line high.
void paintSweepLegend(QPainter& painter, const QRect& line, double largest, const QPalette& palette,
    const QFont& font);
int sweepLegendWidth(double largest, const QFont& font);

} // namespace ui
