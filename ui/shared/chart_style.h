#pragma once

#include <QString>

class QChartView;

namespace ui {

/// Gives a chart's background, title, axes and their texts the colours of the view's palette, the
/// title its font and the axes one a little smaller; series are the caller's.
void styleChart(QChartView& view);

/// Text of a tooltip that breaks into lines: Qt shows plain text in one, however long it is.
QString wrappedTip(const QString& text);

} // namespace ui
