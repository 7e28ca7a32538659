#pragma once

#include "core/api/train.h"

#include <cstdint>

#include <QString>

namespace ui {

/// What the charts of a training show.
enum class Metric : std::uint8_t { Loss, Fvu, L0, Dead, LearningRate, GradientNorm };
inline constexpr int kMetrics = 6;

QString metricTitle(Metric metric);
/// What it is and what to look for.
QString metricNote(Metric metric);
QString metricName(Metric metric); ///< As a column of a CSV.
double metricValue(const core::TrainMetrics& row, Metric metric);

} // namespace ui
