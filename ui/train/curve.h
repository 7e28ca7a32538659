#pragma once

#include "core/api/train.h"
#include "ui/train/metric.h"

#include <optional>
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
    int color = 0; ///< Of seriesColor.
    bool isEarlier = false; ///< Of another training, laid beside that at hand: drawn dashed.
};

/// Curves of the rows of a training, one for each of its dictionaries, named after both; coloured
/// in their order.
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

/// What the name of a dictionary of a sweep says: "layer_2_k_16" is 16 of k, of "layer_2".
struct SweptValue {
    QString of, field, value;
};
std::optional<SweptValue> sweptValueOf(const Curve& curve);

/// How far into its run a row was measured, 0 to 1.
double shareOfRun(const core::TrainMetrics& row);

struct ValueRange {
    double from = 0.0, to = 1.0;
    bool isLog = false; ///< Powers of ten at even distances.
};
/// What an axis has to show: all values, on a logarithmic scale where the largest is more than 30
/// times the smallest of a positive metric; else of a long curve not its first twentieth, and of
/// what is measured now and then not a first value that would squeeze all others. Never empty.
ValueRange valueRange(const std::vector<Curve>& curves, Metric metric);

/// The range made wider so that it begins and ends at a tick, each 1, 2 or 5 times a power of ten
/// from the next; about as many intervals as wanted.
struct RoundTicks {
    double from = 0.0, to = 1.0;
    int ticks = 2;
    double divisor = 1.0; ///< By which values are written: 1,000 with a "k" behind, and so on.
    QString format; ///< Of printf, for a value divided by it.
};
RoundTicks roundTicks(const ValueRange& range, int intervals);

/// How many tokens the longest of them will have seen at its end; 0 without rows.
double tokensAtEnd(const std::vector<Curve>& curves);

} // namespace ui
