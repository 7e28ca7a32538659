#include "ui/train/curve.h"

#include "ui/style/text.h"
#include "ui/train/time_text.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include <QCoreApplication>

namespace ui {

namespace {

constexpr std::size_t kLongCurve = 40; // rows; of a shorter one nothing is left out
constexpr std::size_t kFirstPart = 20; // one in so many

constexpr double kLeastPercent = 1.0; // that an axis reaches to

std::size_t firstShown(const std::vector<core::TrainMetrics>& rows)
{
    return rows.size() >= kLongCurve ? rows.size() / kFirstPart : 0;
}

} // namespace

std::vector<Curve> curvesOf(const QString& run, const std::vector<core::TrainMetrics>& rows)
{
    std::vector<Curve> curves;
    std::vector<std::string> names;
    for (const core::TrainMetrics& row : rows) {
        const auto found = std::find(names.begin(), names.end(), row.dictionary);
        const auto at = static_cast<std::size_t>(found - names.begin());
        if (found == names.end()) {
            names.push_back(row.dictionary);
            curves.push_back({QStringLiteral("%1 %2").arg(run, toQString(row.dictionary)).trimmed(),
                run, row.dictionary, {}});
        }
        curves[at].rows.push_back(row);
    }
    return curves;
}

std::vector<core::TrainMetrics> rowsWith(const std::vector<core::TrainMetrics>& rows, Metric metric)
{
    std::vector<core::TrainMetrics> with;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(with),
        [&](const auto& row) { return std::isfinite(metricValue(row, metric)); });
    return with;
}

const core::TrainMetrics* lastMeasured(const Curve& curve)
{
    const auto last = std::find_if(curve.rows.rbegin(), curve.rows.rend(),
        [](const core::TrainMetrics& row) { return row.measured != nullptr; });
    return last == curve.rows.rend() ? nullptr : &*last;
}

QString nextMeasurementText(const Curve& curve)
{
    const auto trNext
        = [](const char* text) { return QCoreApplication::translate("ui::Curve", text); };
    if (curve.rows.empty() || curve.rows.back().step >= curve.rows.back().totalSteps)
        return {};
    const core::TrainMetrics& now = curve.rows.back();
    const core::TrainMetrics* const last = lastMeasured(curve);
    if (!last)
        return trNext("Measured at the end of the training");
    const std::int64_t next = last->measured->nextStep;
    if (next == 0)
        return {};
    if (next <= now.step)
        return trNext("Measured next in a moment");
    const double share
        = static_cast<double>(next - now.step) / static_cast<double>(now.totalSteps - now.step);
    const QString where = next >= now.totalSteps
        ? trNext("Measured next at the end")
        : trNext("Measured next at about step %1").arg(formatCount(next));
    return now.secondsLeft > 0.0
        //: a place in the training, a length of time
        ? trNext("%1, in %2")
              .arg(where,
                  QString(durationText(share * now.secondsLeft))
                      .replace(QLatin1Char(' '), QChar(QChar::Nbsp)))
        : where;
}

QList<QPointF> curvePoints(const std::vector<core::TrainMetrics>& rows, Metric metric, int columns)
{
    if (isMeasured(metric) && !std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
            return std::isfinite(metricValue(row, metric));
        }))
        return curvePoints(rowsWith(rows, metric), metric, columns);
    QList<QPointF> points;
    const auto point = [&](const core::TrainMetrics& row) {
        return QPointF(static_cast<double>(row.tokens), metricValue(row, metric));
    };
    const auto wanted = static_cast<std::size_t>(std::max(columns, 1));
    if (rows.size() <= 2 * wanted) {
        for (const core::TrainMetrics& row : rows)
            points << point(row);
        return points;
    }
    for (std::size_t column = 0; column < wanted; ++column) {
        const std::size_t begin = column * rows.size() / wanted,
                          end = (column + 1) * rows.size() / wanted;
        const auto [least, most] = std::minmax_element(rows.begin() + std::ptrdiff_t(begin),
            rows.begin() + std::ptrdiff_t(end), [&](const auto& a, const auto& b) {
                return metricValue(a, metric) < metricValue(b, metric);
            });
        const bool isRising = least < most;
        points << point(isRising ? *least : *most);
        if (least != most)
            points << point(isRising ? *most : *least);
    }
    return points;
}

ValueRange valueRange(const std::vector<Curve>& curves, Metric metric)
{
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const Curve& curve : curves)
        // Of what is measured now and then the beginning is but a point or two: it stays.
        for (std::size_t i = isMeasured(metric) ? 0 : firstShown(curve.rows); i < curve.rows.size();
             ++i) {
            const double value = metricValue(curve.rows[i], metric);
            if (!std::isfinite(value))
                continue;
            least = std::min(least, value);
            most = std::max(most, value);
        }
    if (!(least <= most))
        return {};
    const bool isPercent
        = metric == Metric::Dead || metric == Metric::Dense || metric == Metric::Rare;
    if (isPercent || metric == Metric::LearningRate || metric == Metric::L0
        || metric == Metric::HeldOutL0 || metric == Metric::TokensPerSecond)
        least = std::min(least, 0.0);
    if (isPercent)
        most = std::max(most, kLeastPercent);
    const double margin = most > least ? 0.05 * (most - least) : std::max(std::abs(most), 1e-9);
    return {least >= 0.0 ? std::max(0.0, least - margin) : least - margin, most + margin};
}

double tokensAtEnd(const std::vector<Curve>& curves)
{
    double most = 0.0;
    for (const Curve& curve : curves) {
        if (curve.rows.empty())
            continue;
        const core::TrainMetrics& last = curve.rows.back();
        most = std::max(most,
            static_cast<double>(last.tokens) * static_cast<double>(last.totalSteps)
                / static_cast<double>(std::max<std::int64_t>(last.step, 1)));
    }
    return most;
}

} // namespace ui
