#include "ui/train/front_chart.h"

#include "ui/shared/chart_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <map>

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

struct Quality {
    double l0 = 0, fvu = 0, ceScore = 0;
    std::int64_t tokens = 0;
    bool isHeldOut = false;
};

Quality qualityOf(const Curve& curve)
{
    const core::TrainMetrics* measured = lastMeasured(curve);
    if (measured && measured->measured->heldOutTokens > 0) {
        const core::TrainingMeasurement& m = *measured->measured;
        return {m.l0, m.fvu, m.ceScore, m.heldOutTokens, true};
    }
    const core::TrainMetrics& last = curve.rows.back();
    return {last.l0, last.fvu, 0.0, 0, false};
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
                  formatCount(q.tokens), formatCount(curve.rows.back().tokens))
        : tr("%1: L0 %2, FVU %3 on its batches, after %4 tokens")
              .arg(curve.name, formatNumber(q.l0), formatNumber(q.fvu),
                  formatCount(curve.rows.back().tokens));
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
    m_l0->setTickCount(5);
    m_values->setTickCount(4);
    m_l0->setLabelFormat(QStringLiteral("%.3g"));
    m_values->setLabelFormat(QStringLiteral("%.3g"));
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    setFocusPolicy(Qt::NoFocus); // the list of dictionaries beside it chooses too
    setAccessibleName(chart()->title());
    redraw();
}

void FrontChart::setCurves(const std::vector<Curve>& curves)
{
    m_points.clear();
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const Curve& curve = curves[i];
        if (curve.rows.empty())
            continue;
        const Quality q = qualityOf(curve);
        if (m_against == Against::CeScore && !q.isHeldOut)
            continue;
        m_points.push_back({curve.name, curve.run, static_cast<int>(i),
            QPointF(q.l0, m_against == Against::Fvu ? q.fvu : q.ceScore)});
    }
    redraw();
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
        lines[point.run] << point.at;
    }
    if (low > high)
        low = 0.0, high = 1.0;
    const auto attach = [&](QXYSeries* series) {
        chart()->addSeries(series);
        series->attachAxis(m_l0);
        series->attachAxis(m_values);
    };
    for (auto& [run, points] : lines) {
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
        one->setColor(seriesColor(point.color, palette()));
        one->setBorderColor(palette().color(isChosen ? QPalette::Text : QPalette::Base));
        one->append(point.at);
        attach(one);
    }
    const double margin = std::max(0.1 * (high - low), 0.005);
    m_l0->setRange(0.0, 1.1 * l0);
    m_values->setRange(std::max(low - margin, 0.0), high + margin);
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
    if (name.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(event->globalPosition().toPoint(), name, this);
    QChartView::mouseMoveEvent(event);
}

} // namespace ui
