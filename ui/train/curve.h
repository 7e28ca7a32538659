#pragma once

#include "core/api/train.h"
#include "ui/train/metric.h"

#include <vector>

#include <QList>
#include <QPointF>
#include <QString>

namespace ui {

/// One dictionary of one training, over the tokens it has seen.
struct Curve {
    QString name; ///< "matryoshka-1 layer_2"
    QString run; ///< "matryoshka-1"
    std::string dictionary; ///< "layer_2"
    std::vector<core::TrainMetrics> rows; ///< By step.
};

/// Curves of the rows of a training, one for each of its dictionaries, named after both.
std::vector<Curve> curvesOf(const QString& run, const std::vector<core::TrainMetrics>& rows);

/// Those of the rows that have the metric.
std::vector<core::TrainMetrics> rowsWith(
    const std::vector<core::TrainMetrics>& rows, Metric metric);
/// The last measurement, or null.
const core::TrainMetrics* lastMeasured(const Curve& curve);

/// When it is measured next, in words, while it learns; empty where that is not known.
QString nextMeasurementText(const Curve& curve);

/// (tokens, value) of the rows; where there are more than two a column, the least and the greatest
/// of each column in their order, so that no spike is lost and no more is drawn than can be seen.
QList<QPointF> curvePoints(const std::vector<core::TrainMetrics>& rows, Metric metric, int columns);

struct ValueRange {
    double from = 0.0, to = 1.0;
};
/// What an axis has to show: all values, but of a long curve not its first twentieth, which is
/// often many times the rest. Never empty.
ValueRange valueRange(const std::vector<Curve>& curves, Metric metric);

/// How many tokens the longest of them will have seen at its end; 0 without rows.
double tokensAtEnd(const std::vector<Curve>& curves);

} // namespace ui
