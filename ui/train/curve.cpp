#include "ui/train/curve.h"

#include "ui/style/text.h"
#include "ui/train/time_text.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include <QCoreApplication>
#include <QRegularExpression>

namespace ui {

namespace {

constexpr std::size_t kLongCurve = 40; // rows; of a shorter one nothing is left out
constexpr std::size_t kFirstPart = 20; // one in so many

constexpr double kLeastPercent = 1.0; // that an axis reaches to
constexpr double kWideRange = 30.0; // largest over smallest, from where on a scale is logarithmic
constexpr double kSqueezed = 3.0; // all values against all but the first ones

std::size_t firstShown(const std::vector<core::TrainMetrics>& rows)
{
    return rows.size() >= kLongCurve ? rows.size() / kFirstPart : 0;
}

struct Extremes {
    double least = std::numeric_limits<double>::infinity(), most = -least;

    bool areThere() const { return least <= most; }
    double width() const { return areThere() ? most - least : 0.0; }
};

/// Without the first `skip(curve)` of the values that each curve has.
template <typename Skip>
Extremes extremesOf(const std::vector<Curve>& curves, Metric metric, Skip skip)
{
    Extremes of;
    for (const Curve& curve : curves) {
        std::size_t left = skip(curve);
        for (const core::TrainMetrics& row : curve.rows) {
            const double value = metricValue(row, metric);
            if (!std::isfinite(value))
                continue;
            if (left > 0) {
                --left;
                continue;
            }
            of.least = std::min(of.least, value);
            of.most = std::max(of.most, value);
        }
    }
    return of;
}

bool canBeLog(Metric metric)
{
    return metric == Metric::Loss || metric == Metric::Fvu || metric == Metric::GradientNorm
        || metric == Metric::HeldOutFvu || metric == Metric::Kl;
}

bool canLeaveFirstOut(Metric metric)
{
    return metric == Metric::CeScore || metric == Metric::HeldOutFvu || metric == Metric::Kl;
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
                run, row.dictionary, {}, static_cast<int>(at), false});
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

std::optional<SweptValue> sweptValueOf(const Curve& curve)
{
    static const QRegularExpression pattern(
        QStringLiteral("^(.*?)_(k|lambda|expansion|architecture)_(.+)$"));
    const QRegularExpressionMatch match = pattern.match(toQString(curve.dictionary));
    if (!match.hasMatch())
        return {};
    return SweptValue{match.captured(1), match.captured(2), match.captured(3)};
}

double shareOfRun(const core::TrainMetrics& row)
{
    return static_cast<double>(row.step)
        / static_cast<double>(std::max<std::int64_t>(row.totalSteps, 1));
}

ValueRange valueRange(const std::vector<Curve>& curves, Metric metric)
{
    const auto none = [](const Curve&) { return std::size_t{0}; };
    const Extremes all = extremesOf(curves, metric, none);
    if (!all.areThere())
        return {};
    if (canBeLog(metric) && all.least > 0.0 && all.most > kWideRange * all.least) {
        constexpr double kLogMargin = 1.1;
        return {all.least / kLogMargin, all.most * kLogMargin, true};
    }
    Extremes shown = all;
    if (!isMeasured(metric)) {
        shown
            = extremesOf(curves, metric, [](const Curve& curve) { return firstShown(curve.rows); });
    } else if (canLeaveFirstOut(metric)) {
        const Extremes rest = extremesOf(curves, metric, [&](const Curve& curve) {
            // A curve of one or two values has no others that could be squeezed.
            return std::size_t{rowsWith(curve.rows, metric).size() > 2 ? 1u : 0u};
        });
        if (rest.areThere() && all.width() > kSqueezed * rest.width())
            shown = rest;
    }
    if (!shown.areThere())
        shown = all;
    double least = shown.least, most = shown.most;
    const bool isPercent
        = metric == Metric::Dead || metric == Metric::Dense || metric == Metric::Rare;
    if (isPercent || metric == Metric::LearningRate || metric == Metric::L0
        || metric == Metric::HeldOutL0 || metric == Metric::TokensPerSecond)
        least = std::min(least, 0.0);
    if (isPercent)
        most = std::max(most, kLeastPercent);
    const double margin = most > least ? 0.05 * (most - least) : std::max(std::abs(most), 1e-9);
    return {least >= 0.0 ? std::max(0.0, least - margin) : least - margin, most + margin, false};
}

RoundTicks roundTicks(const ValueRange& range, int intervals)
{
    RoundTicks round{range.from, range.to, 2, 1.0, QStringLiteral("%g")};
    const double width = range.to - range.from;
    if (!(width > 0.0) || !std::isfinite(width))
        return round;
    const double rough = width / std::max(intervals, 1),
                 power = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10.0 * power;
    for (const double nice : {1.0, 2.0, 5.0})
        if (rough <= nice * power * (1.0 + 1e-9)) {
            step = nice * power;
            break;
        }
    const double first = std::floor(range.from / step + 1e-9),
                 last = std::ceil(range.to / step - 1e-9);
    round.from = first * step;
    round.to = last * step;
    round.ticks = static_cast<int>(last - first) + 1;
    const double most = std::max(std::abs(round.from), std::abs(round.to));
    QString unit;
    if (most >= 1e7) {
        round.divisor = 1e6;
        unit = QStringLiteral(" M");
    } else if (most >= 1e4) {
        round.divisor = 1e3;
        unit = QStringLiteral(" k");
    }
    const int decimals
        = std::max(0, static_cast<int>(std::ceil(-std::log10(step / round.divisor) - 1e-9)));
    constexpr int kMostDecimals = 5;
    round.format = (decimals > kMostDecimals ? QStringLiteral("%.1e")
                                             : QStringLiteral("%.%1f").arg(decimals))
        + unit;
    return round;
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
