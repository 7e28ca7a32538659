#pragma once

#include "ui/train/metric.h"

#include <cstdint>
#include <vector>

#include <QString>

namespace ui {

/// What is seen of a training at once; a wall of all its charts could not be read.
enum class ChartGroup : std::uint8_t { Overview, HeldOut, Features, Steps, Front, Peek };
inline constexpr int kChartGroups = 6;

QString groupTitle(ChartGroup group);
QString groupNote(ChartGroup group);
std::vector<Metric> metricsOf(ChartGroup group); ///< None of the front and the peek.

} // namespace ui
