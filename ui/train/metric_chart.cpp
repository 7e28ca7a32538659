#include "ui/train/metric_chart.h"

#include "ui/shared/chart_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QChart>
#include <QContextMenuEvent>
#include <QGraphicsLayout>
#include <QLineSeries>
#include <QLogValueAxis>
#include <QMenu>
#include <QToolTip>
#include <QValueAxis>

namespace ui {

namespace {
constexpr double kCurveWidth = 1.6;
constexpr double kMillion = 1e6; // the axis counts in millions of tokens
constexpr qsizetype kFewPoints = 4; // fewer make no curve yet
constexpr int kMostDescribed = 8; // curves in a tooltip
constexpr int kTokenIntervals = 3, kValueIntervals = 3; // at most
} // namespace

MetricChart::MetricChart(Metric metric, QWidget* parent)
    : QChartView(new QChart, parent)
    , m_metric(metric)
    , m_tokens(new QValueAxis(this))
    , m_values(new QValueAxis(this))
    , m_logValues(new QLogValueAxis(this))
{
    chart()->legend()->hide();
    chart()->setMargins(QMargins(0, 0, 0, 0));
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    chart()->setTitle(metricTitle(metric));
    chart()->addAxis(m_tokens, Qt::AlignBottom);
    chart()->addAxis(m_values, Qt::AlignLeft);
    m_tokens->setTitleText(tr("million tokens"));
    m_logValues->setBase(10.0);
    m_logValues->setLabelFormat(QStringLiteral("%g"));
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    viewport()->setMouseTracking(true); // it is what the mouse is over
    setFocusPolicy(Qt::NoFocus); // the table of all values is reached by its button
    setAccessibleName(metricTitle(metric));
    redraw();
}

void MetricChart::setCurves(const std::vector<Curve>* curves)
{
    m_curves = curves;
    redraw();
}

void MetricChart::setValueAxis(bool isLog)
{
    if (isLog == m_hasLogAxis)
        return;
    QAbstractAxis* const before = isLog ? static_cast<QAbstractAxis*>(m_values) : m_logValues;
    QAbstractAxis* const now = isLog ? static_cast<QAbstractAxis*>(m_logValues) : m_values;
    for (QLineSeries* series : m_series) {
        series->clear(); // it may hold what has no logarithm
        series->detachAxis(before);
    }
    chart()->removeAxis(before);
    before->setParent(this); // the chart gives it back
    chart()->addAxis(now, Qt::AlignLeft);
    for (QLineSeries* series : m_series)
        series->attachAxis(now);
    m_hasLogAxis = isLog;
}

void MetricChart::setRanges(double tokens)
{
    // To the end of the run and no further: the ticks are round, the end need not be.
    const double millions = tokens > 0.0 ? tokens / kMillion : 1.0;
    const RoundTicks across = roundTicks({0.0, millions, false}, kTokenIntervals);
    m_tokens->setTickType(QValueAxis::TicksDynamic);
    m_tokens->setTickInterval((across.to - across.from) / (across.ticks - 1));
    m_tokens->setRange(0.0, millions);
    m_tokens->setLabelFormat(across.format);
    if (across.divisor > 1.0) // the title says millions: no second unit
        m_tokens->setLabelFormat(QStringLiteral("%.0f"));
    if (m_range.isLog) {
        // Labels stand at powers of ten: two at least.
        if (std::floor(std::log10(m_range.to)) - std::ceil(std::log10(m_range.from)) < 1.0) {
            m_range.from = std::pow(10.0, std::floor(std::log10(m_range.from)));
            m_range.to = std::pow(10.0, std::ceil(std::log10(m_range.to)));
        }
        m_logValues->setRange(m_range.from, m_range.to);
        m_divisor = 1.0;
        return;
    }
    const RoundTicks up = roundTicks(m_range, kValueIntervals);
    m_range.from = up.from;
    m_range.to = up.to;
    m_divisor = up.divisor;
    m_values->setRange(up.from / up.divisor, up.to / up.divisor);
    m_values->setTickCount(up.ticks);
    m_values->setLabelFormat(up.format);
}

void MetricChart::findOutside()
{
    m_outside.clear();
    if (!m_curves)
        return;
    for (const Curve& curve : *m_curves) {
        const auto first = std::find_if(curve.rows.begin(), curve.rows.end(),
            [this](const auto& row) { return std::isfinite(metricValue(row, m_metric)); });
        if (first == curve.rows.end())
            continue;
        const double value = metricValue(*first, m_metric);
        if (value >= m_range.from && value <= m_range.to)
            continue;
        m_isOutsideAbove = value > m_range.to;
        //: a value
        m_outside = (m_isOutsideAbove ? tr("▲ begins at %1") : tr("▼ begins at %1"))
                        .arg(valueText(m_metric, value));
        return;
    }
}

void MetricChart::redraw()
{
    const std::size_t count = m_curves ? m_curves->size() : 0;
    while (m_series.size() > count) {
        chart()->removeSeries(m_series.back());
        delete m_series.back();
        m_series.pop_back();
    }
    m_range = m_curves ? valueRange(*m_curves, m_metric) : ValueRange();
    setValueAxis(m_range.isLog);
    setRanges(m_curves ? tokensAtEnd(*m_curves) : 0.0);
    findOutside();
    for (std::size_t i = 0; i < count; ++i) {
        if (m_series.size() <= i) {
            m_series.push_back(new QLineSeries(this));
            chart()->addSeries(m_series.back());
            m_series.back()->attachAxis(m_tokens);
            if (m_hasLogAxis)
                m_series.back()->attachAxis(m_logValues);
            else
                m_series.back()->attachAxis(m_values);
        }
        QList<QPointF> points
            = curvePoints((*m_curves)[i].rows, m_metric, std::max(width() / 2, 50));
        points.removeIf([](const QPointF& point) { return !std::isfinite(point.y()); });
        for (QPointF& point : points)
            point = {point.x() / kMillion, point.y() / m_divisor};
        m_series[i]->setPointsVisible(isMeasured(m_metric)); // few, and far between
        m_series[i]->replace(points); // never point by point: that takes quadratic time
    }
    const bool isEmpty = std::none_of(
        m_series.begin(), m_series.end(), [](const QLineSeries* s) { return s->count() > 0; });
    const bool wasMeasured = m_curves
        && std::any_of(m_curves->begin(), m_curves->end(),
            [](const Curve& curve) { return lastMeasured(curve) != nullptr; });
    const QString title = m_range.isLog
        //: title of a chart
        ? tr("%1, log scale").arg(metricTitle(m_metric))
        : metricTitle(m_metric);
    //: title of a chart
    chart()->setTitle(!isEmpty || !isMeasured(m_metric) ? title
            : wasMeasured                               ? tr("%1: there is none here").arg(title)
                                                        : tr("%1: not measured yet").arg(title));
    const bool isThin = isMeasured(m_metric) && !(isEmpty && wasMeasured)
        && (m_series.empty() || m_series.front()->count() < kFewPoints);
    m_waiting = isThin && count > 0 ? nextMeasurementText(m_curves->front()) : QString();
    viewport()->update();
    setAccessibleDescription(note());
    recolor();
}

void MetricChart::recolor()
{
    styleChart(*this);
    chart()->setTitleBrush(palette().color(QPalette::Text));
    for (std::size_t i = 0; i < m_series.size() && m_curves && i < m_curves->size(); ++i) {
        const Curve& curve = (*m_curves)[i];
        m_series[i]->setPen(QPen(seriesColor(curve.color, palette()), kCurveWidth,
            curve.isEarlier ? Qt::DashLine : Qt::SolidLine));
    }
}

QString MetricChart::describeAt(double tokens, double value) const
{
    std::vector<std::pair<double, QString>> found; // how far away, and what
    if (!m_curves)
        return {};
    for (const Curve& curve : *m_curves) {
        const std::vector<core::TrainMetrics> some = isMeasured(m_metric)
            ? rowsWith(curve.rows, m_metric)
            : std::vector<core::TrainMetrics>();
        const std::vector<core::TrainMetrics>& rows = isMeasured(m_metric) ? some : curve.rows;
        // The nearest row.
        const auto after = std::lower_bound(
            rows.begin(), rows.end(), tokens, [](const core::TrainMetrics& row, double t) {
                return static_cast<double>(row.tokens) < t;
            });
        if (rows.empty())
            continue;
        auto at = after == rows.end() ? after - 1 : after;
        if (at != rows.begin()
            && tokens - static_cast<double>((at - 1)->tokens)
                < static_cast<double>(at->tokens) - tokens)
            --at;
        const double there = metricValue(*at, m_metric);
        found.emplace_back(std::abs(there - value),
            //: name of a curve, its value, tokens
            tr("%1: %2 at %3 tokens")
                .arg(curve.name, valueText(m_metric, there), formatCount(at->tokens)));
    }
    std::stable_sort(
        found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    QStringList lines;
    for (std::size_t i = 0; i < found.size() && i < std::size_t{kMostDescribed}; ++i)
        lines << found[i].second;
    return lines.join(QLatin1Char('\n'));
}

QString MetricChart::note() const
{
    if (m_outside.isEmpty())
        return metricNote(m_metric);
    return metricNote(m_metric) + QStringLiteral("\n\n")
        + (m_isOutsideAbove ? tr("The steep beginning lies above the picture.")
                            : tr("The first value lies below the picture."))
        + QLatin1Char(' ') + m_outside;
}

QSize MetricChart::sizeHint() const
{
    return {ex(this) * 36, em(this) * 9};
}

QSize MetricChart::minimumSizeHint() const
{
    return {ex(this) * 20, em(this) * 8};
}

void MetricChart::changeEvent(QEvent* event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        recolor();
}

void MetricChart::resizeEvent(QResizeEvent* event)
{
    QChartView::resizeEvent(event);
    redraw(); // another number of columns
}

void MetricChart::drawForeground(QPainter* painter, const QRectF& rect)
{
    QChartView::drawForeground(painter, rect);
    if (m_waiting.isEmpty() && m_outside.isEmpty())
        return;
    const qreal margin = gap(this);
    const QRectF area = chart()->plotArea().adjusted(margin, margin, -margin, -margin);
    painter->setPen(palette().color(QPalette::PlaceholderText));
    painter->setFont(m_tokens->labelsFont());
    painter->drawText(
        area, Qt::AlignLeft | (m_isOutsideAbove ? Qt::AlignTop : Qt::AlignBottom), m_outside);
    painter->setFont(font());
    painter->drawText(area, Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap, m_waiting);
}

void MetricChart::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.addAction(tr("Copy as table"), this, &MetricChart::copyRequested);
    menu.addAction(tr("Save picture or table …"), this, &MetricChart::saveRequested);
    menu.exec(event->globalPos());
}

void MetricChart::mouseMoveEvent(QMouseEvent* event)
{
    const QPointF place = mapToScene(event->pos());
    QString values;
    if (chart()->plotArea().contains(place) && !m_series.empty()) {
        const QPointF at = chart()->mapToValue(place, m_series.front());
        values = describeAt(at.x() * kMillion, at.y() * m_divisor);
    }
    QToolTip::showText(event->globalPosition().toPoint(),
        wrappedTip(values.isEmpty() ? note() : values + QStringLiteral("\n\n") + note()), this);
    QChartView::mouseMoveEvent(event);
}

} // namespace ui
