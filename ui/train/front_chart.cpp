#include "ui/train/front_chart.h"

#include "ui/shared/chart_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <QChart>
#include <QCoreApplication>
#include <QGraphicsLayout>
#include <QLineSeries>
#include <QMouseEvent>
#include <QScatterSeries>
#include <QToolTip>
#include <QValueAxis>

namespace ui {

namespace {

constexpr double kFrontMarker = 10.0, kChosenMarker = 16.0, kFrontLine = 1.2;
constexpr double kSameShare = 0.8; // of the share of the run at which the furthest was measured
constexpr int kFrontIntervals = 4; // about

struct Quality {
    double l0 = 0, fvu = 0, ceScore = 0;
    std::int64_t tokens = 0;
    bool isHeldOut = false;
    const core::TrainMetrics* row = nullptr; ///< It was measured at.
};

Quality qualityOf(const Curve& curve)
{
    const core::TrainMetrics* measured = lastMeasured(curve);
    if (measured && measured->measured->heldOutTokens > 0) {
        const core::TrainingMeasurement& m = *measured->measured;
        return {m.l0, m.fvu, m.ceScore, m.heldOutTokens, true, measured};
    }
    const core::TrainMetrics& last = curve.rows.back();
    return {last.l0, last.fvu, 0.0, 0, false, &last};
}

/// "k 16"; empty of what is no part of a sweep.
QString sweptLabel(const Curve& curve)
{
    const auto swept = sweptValueOf(curve);
    if (!swept)
        return {};
    if (swept->field == QLatin1String("architecture"))
        return swept->value;
    return QStringLiteral("%1 %2").arg(
        swept->field == QLatin1String("lambda") ? QStringLiteral("λ") : swept->field, swept->value);
}

} // namespace

QString frontText(const Curve& curve)
{
    if (curve.rows.empty())
        return {};
    const auto tr
        = [](const char* text) { return QCoreApplication::translate("ui::FrontChart", text); };
    const Quality q = qualityOf(curve);
    //: a dictionary, its figures
    return q.isHeldOut
        ? tr("%1: L0 %2, FVU %3, CE score %4 on %5 held-out tokens, after %6 tokens")
              .arg(curve.name, formatNumber(q.l0), formatNumber(q.fvu), formatNumber(q.ceScore),
                  formatCount(q.tokens), formatCount(q.row->tokens))
        : tr("%1: L0 %2, FVU %3 on its batches, after %4 tokens")
              .arg(curve.name, formatNumber(q.l0), formatNumber(q.fvu), formatCount(q.row->tokens));
}

FrontChart::FrontChart(Against against, QWidget* parent)
    : QChartView(new QChart, parent)
    , m_against(against)
    , m_l0(new QValueAxis(this))
    , m_values(new QValueAxis(this))
{
    chart()->legend()->hide();
    chart()->setMargins(QMargins(0, 0, 0, 0));
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    chart()->setTitle(against == Against::Fvu
            ? tr("FVU against L0: lower and further left is better")
            : tr("CE score against L0: higher and further left is better"));
    chart()->addAxis(m_l0, Qt::AlignBottom);
    chart()->addAxis(m_values, Qt::AlignLeft);
    m_l0->setTitleText(tr("L0: active features a token"));
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    viewport()->setMouseTracking(true); // it is what the mouse is over
    setFocusPolicy(Qt::NoFocus); // the list of dictionaries beside it chooses too
    setAccessibleName(chart()->title());
    redraw();
}

void FrontChart::setCurves(const std::vector<Curve>& curves)
{
    m_points.clear();
    for (const Curve& curve : curves) {
        if (curve.rows.empty())
            continue;
        const Quality q = qualityOf(curve);
        if (m_against == Against::CeScore && !q.isHeldOut)
            continue;
        const auto swept = sweptValueOf(curve);
        Point point;
        point.name = curve.name;
        point.label = sweptLabel(curve);
        point.text = frontText(curve);
        // What no sweep made stands alone: layers of one run are no choice between them.
        point.sweep = swept ? curve.run + QLatin1Char('\n') + swept->of + swept->field : curve.name;
        point.color = curve.color;
        point.at = {q.l0, m_against == Against::Fvu ? q.fvu : q.ceScore};
        point.share = shareOfRun(*q.row);
        point.isHeldOut = q.isHeldOut;
        m_points.push_back(std::move(point));
    }
    markBehind();
    redraw();
}

void FrontChart::markBehind()
{
    struct Furthest {
        bool isHeldOut = false;
        double share = 0;
    };
    std::map<QString, Furthest> furthest;
    for (const Point& point : m_points) {
        Furthest& of = furthest[point.sweep];
        // What was measured on held-out text is another figure than that of the batches.
        if (point.isHeldOut && !of.isHeldOut)
            of = {true, point.share};
        else if (point.isHeldOut == of.isHeldOut)
            of.share = std::max(of.share, point.share);
    }
    for (Point& point : m_points) {
        const Furthest& of = furthest[point.sweep];
        point.isBehind = point.isHeldOut != of.isHeldOut || point.share < kSameShare * of.share;
        if (point.isBehind)
            point.text += QLatin1Char('\n')
                + tr("Measured at another place of the run than the others of this sweep: not "
                     "joined with them yet.");
    }
}

void FrontChart::setChosen(const QString& name)
{
    if (m_chosen == name)
        return;
    m_chosen = name;
    redraw();
}

void FrontChart::redraw()
{
    chart()->removeAllSeries();
    double l0 = 1.0, low = 1.0, high = 0.0;
    std::map<QString, QList<QPointF>> lines;
    for (const Point& point : m_points) {
        l0 = std::max(l0, point.at.x());
        low = std::min(low, point.at.y());
        high = std::max(high, point.at.y());
        if (!point.isBehind)
            lines[point.sweep] << point.at;
    }
    if (low > high)
        low = 0.0, high = 1.0;
    const auto attach = [&](QXYSeries* series) {
        chart()->addSeries(series);
        series->attachAxis(m_l0);
        series->attachAxis(m_values);
    };
    for (auto& [sweep, points] : lines) {
        if (points.size() < 2)
            continue;
        std::sort(points.begin(), points.end(),
            [](const QPointF& a, const QPointF& b) { return a.x() < b.x(); });
        auto* line = new QLineSeries;
        line->setPen(QPen(palette().color(QPalette::Mid), kFrontLine));
        line->replace(points);
        attach(line);
    }
    for (const Point& point : m_points) {
        auto* one = new QScatterSeries;
        const bool isChosen = point.name == m_chosen;
        one->setMarkerSize(isChosen ? kChosenMarker : kFrontMarker);
        one->setColor(
            point.isBehind ? palette().color(QPalette::Mid) : seriesColor(point.color, palette()));
        one->setBorderColor(palette().color(isChosen ? QPalette::Text : QPalette::Base));
        one->append(point.at);
        if (!point.label.isEmpty()) {
            one->setPointLabelsFormat(point.label);
            one->setPointLabelsFont(font());
            one->setPointLabelsColor(palette().color(QPalette::Text));
            one->setPointLabelsClipping(false);
            one->setPointLabelsVisible(true);
        }
        attach(one);
    }
    const double margin = std::max(0.1 * (high - low), 0.005);
    const auto setTicks = [](QValueAxis* axis, const ValueRange& range) {
        const RoundTicks ticks = roundTicks(range, kFrontIntervals);
        axis->setRange(ticks.from, ticks.to);
        axis->setTickCount(ticks.ticks);
        // Points are drawn as they are: no thousands here.
        axis->setLabelFormat(ticks.divisor > 1.0 ? QStringLiteral("%.0f") : ticks.format);
    };
    setTicks(m_l0, {0.0, 1.1 * l0, false});
    setTicks(m_values, {std::max(low - margin, 0.0), high + margin, false});
    setAccessibleDescription(tr("%1 dictionaries").arg(m_points.size()));
    styleChart(*this);
    chart()->setTitleBrush(palette().color(QPalette::Text));
}

QString FrontChart::nameAt(const QPoint& point) const
{
    const double reach = em(this);
    QString name;
    double nearest = reach;
    for (const Point& one : m_points) {
        const QPointF away
            = mapFromScene(chart()->mapToScene(chart()->mapToPosition(one.at))) - QPointF(point);
        const double distance = std::hypot(away.x(), away.y());
        if (distance < nearest) {
            nearest = distance;
            name = one.name;
        }
    }
    return name;
}

QSize FrontChart::sizeHint() const
{
    return {ex(this) * 40, em(this) * 12};
}

QSize FrontChart::minimumSizeHint() const
{
    return {ex(this) * 24, em(this) * 8};
}

void FrontChart::changeEvent(QEvent* event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        redraw();
}

void FrontChart::mousePressEvent(QMouseEvent* event)
{
    if (const QString name = nameAt(event->pos()); !name.isEmpty())
        Q_EMIT chosen(name);
    QChartView::mousePressEvent(event);
}

void FrontChart::mouseMoveEvent(QMouseEvent* event)
{
    const QString name = nameAt(event->pos());
    const auto point = std::find_if(
        m_points.begin(), m_points.end(), [&](const Point& one) { return one.name == name; });
    if (point == m_points.end())
        QToolTip::hideText();
    else
        QToolTip::showText(event->globalPosition().toPoint(), wrappedTip(point->text), this);
    QChartView::mouseMoveEvent(event);
}

} // namespace ui
