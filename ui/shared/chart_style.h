#pragma once

class QChartView;

namespace ui {

/// Gives a chart's background, axes and their texts the colours of the view's palette and a font a
/// little smaller than its own; series are the caller's.
void styleChart(QChartView& view);

} // namespace ui
