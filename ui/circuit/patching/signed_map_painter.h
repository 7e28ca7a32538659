#pragma once

#include "ui/circuit/patching/signed_map.h"

#include <QFont>
#include <QPalette>
#include <QPoint>
#include <QRect>
#include <QSize>

class QPainter;

namespace ui {

/// Where the parts of a SignedMap lie, from the font and the room there is. The same for the
/// window and for saved pictures.
struct SignedMapLayout {
    SignedMapLayout() = default;
    /// `room` is what cells may grow into; they never get smaller than can be told apart.
    SignedMapLayout(const SignedMap& map, const QFont& font, const QSize& room);

    QRect cellRect(int row, int column) const; ///< Unscrolled.
    QSize size() const; ///< Of headers and all cells.

    QFont font;
    QSize cell;
    int headerWidth = 0, headerHeight = 0;
    bool isUpright = true; ///< Column titles stand upright, one line each; else they run upwards.
    int rows = 0, columns = 0;
};

struct SignedMapMarks {
    int row = -1, column = -1; ///< Chosen; its titles are highlighted.
    int hoverRow = -1, hoverColumn = -1;
    bool hasFocus = false;
};

/// Cells coloured blue to orange with their numbers in them where these have room, else a minus or
/// plus; titles on both sides. `offset` is how far the cells are scrolled, `area` what may be
/// painted on.
void paintSignedMap(QPainter& painter, const SignedMap& map, const SignedMapLayout& layout,
    const QPalette& palette, const QRect& area, const QPoint& offset = {},
    const SignedMapMarks& marks = {});

/// The colour scale with its ends and unit written, one line high.
void paintSignedLegend(QPainter& painter, const SignedMap& map, const QFont& font,
    const QPalette& palette, const QRect& line);

} // namespace ui
