#pragma once

#include <QColor>
#include <QPalette>

/// Two colour scales, safe for colour-blind people: lightness alone orders the first; the second is
/// blue against orange, and whoever uses it also writes or shapes the sign.
namespace ui {

/// Magnitude, 0 (the background) to 1. The orange half of the signed scale.
QColor sequentialColor(double share, const QPalette& palette);
/// -1 (blue) to 1 (orange); 0 is the background.
QColor divergingColor(double value, const QPalette& palette);
/// Black or white, whichever reads better on `background`.
QColor textOn(const QColor& background);
/// Contrast of two colours as WCAG defines it, 1 to 21.
double contrastRatio(const QColor& a, const QColor& b);
/// Neighbouring series of a chart, told apart in both themes; wraps around.
QColor seriesColor(int index, const QPalette& palette);

} // namespace ui
