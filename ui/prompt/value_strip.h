#pragma once

#include <vector>

#include <Qt>

class QPainter;
class QPalette;
class QRect;

namespace ui {

double largestMagnitude(const std::vector<float>& values);

/// A vector as a strip of signed colours, one end to the other. More values than pixels: each pixel
/// shows the value of largest magnitude under it, so that outliers are never lost.
void paintValueStrip(QPainter& painter, const QRect& rect, const std::vector<float>& values,
    double scale, Qt::Orientation orientation, const QPalette& palette);

} // namespace ui
