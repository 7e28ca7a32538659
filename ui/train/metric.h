#pragma once

#include "core/api/train.h"

#include <cstdint>

#include <QString>

namespace ui {

/// What the charts of a training show.
enum class Metric : std::uint8_t {
    Loss,
    Fvu,
    L0,
    Dead,
    LearningRate,
    GradientNorm,
    TokensPerSecond,
    // Measured now and then (core/api/training_measurement.h), on held-out text the first four.
    HeldOutFvu,
    HeldOutL0,
    CeScore,
    Kl,
    Dense,
    Rare,
    DecoderCosine,
    Lambda,
    Threshold
};
inline constexpr int kMetrics = 16;

/// It has values at a few rows only.
inline bool isMeasured(Metric metric)
{
    return metric >= Metric::HeldOutFvu;
}

QString metricTitle(Metric metric);
/// What it is and what to look for.
QString metricNote(Metric metric);
QString metricName(Metric metric); ///< As a column of a CSV.
QString valueText(Metric metric, double value); ///< With its unit: "0.0123 nats", "4.30 %".
/// NaN where the row does not have it.
double metricValue(const core::TrainMetrics& row, Metric metric);

} // namespace ui
