#include "ui/train/metric_chart.h"

#include "ui/shared/chart_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QChart>
#include <QContextMenuEvent>
#include <QGraphicsLayout>
#include <QLineSeries>
#include <QMenu>
#include <QToolTip>
#include <QValueAxis>

namespace ui {

namespace {
constexpr double kCurveWidth = 1.6;
constexpr double kMillion = 1e6; // the axis counts in millions of tokens
constexpr qsizetype kFewPoints = 4; // fewer make no curve yet
} // namespace

MetricChart::MetricChart(Metric metric, QWidget* parent)
    : QChartView(new QChart, parent)
    , m_metric(metric)
    , m_tokens(new QValueAxis(this))
    , m_values(new QValueAxis(this))
{
    chart()->legend()->hide();
    chart()->setMargins(QMargins(0, 0, 0, 0));
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    chart()->setTitle(metricTitle(metric));
    chart()->addAxis(m_tokens, Qt::AlignBottom);
    chart()->addAxis(m_values, Qt::AlignLeft);
    m_tokens->setTickCount(3);
    m_values->setTickCount(3);
    m_tokens->setLabelFormat(QStringLiteral("%.3g M"));
    m_values->setLabelFormat(QStringLiteral("%.3g"));
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    setFocusPolicy(Qt::NoFocus); // the table of all values is reached by its button
    setAccessibleName(metricTitle(metric));
    redraw();
}

void MetricChart::setCurves(const std::vector<Curve>* curves)
{
    m_curves = curves;
    redraw();
}

void MetricChart::redraw()
{
    const std::size_t count = m_curves ? m_curves->size() : 0;
    while (m_series.size() > count) {
        chart()->removeSeries(m_series.back());
        delete m_series.back();
        m_series.pop_back();
    }
    const double tokens = m_curves ? tokensAtEnd(*m_curves) / kMillion : 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        if (m_series.size() <= i) {
            m_series.push_back(new QLineSeries(this));
            chart()->addSeries(m_series.back());
            m_series.back()->attachAxis(m_tokens);
            m_series.back()->attachAxis(m_values);
        }
        QList<QPointF> points
            = curvePoints((*m_curves)[i].rows, m_metric, std::max(width() / 2, 50));
        for (QPointF& point : points)
            point.setX(point.x() / kMillion);
        m_series[i]->setPointsVisible(isMeasured(m_metric)); // few, and far between
        m_series[i]->replace(points); // never point by point: that takes quadratic time
    }
    const ValueRange range = m_curves ? valueRange(*m_curves, m_metric) : ValueRange();
    m_hidesBeginning = std::any_of(
        m_curves ? m_curves->begin() : std::vector<Curve>::const_iterator(),
        m_curves ? m_curves->end() : std::vector<Curve>::const_iterator(), [&](const Curve& curve) {
            return !curve.rows.empty() && metricValue(curve.rows.front(), m_metric) > range.to;
        });
    const bool isEmpty = std::none_of(
        m_series.begin(), m_series.end(), [](const QLineSeries* s) { return s->count() > 0; });
    const bool wasMeasured = m_curves
        && std::any_of(m_curves->begin(), m_curves->end(),
            [](const Curve& curve) { return lastMeasured(curve) != nullptr; });
    //: title of a chart
    chart()->setTitle(!isEmpty || !isMeasured(m_metric) ? metricTitle(m_metric)
            : wasMeasured ? tr("%1: there is none here").arg(metricTitle(m_metric))
                          : tr("%1: not measured yet").arg(metricTitle(m_metric)));
    const bool isThin = isMeasured(m_metric) && !(isEmpty && wasMeasured)
        && (m_series.empty() || m_series.front()->count() < kFewPoints);
    m_waiting = isThin && count > 0 ? nextMeasurementText(m_curves->front()) : QString();
    viewport()->update();
    setAccessibleDescription(note());
    m_values->setRange(range.from, range.to);
    m_tokens->setRange(0.0, tokens > 0.0 ? tokens : 1.0);
    recolor();
}

void MetricChart::recolor()
{
    styleChart(*this);
    chart()->setTitleBrush(palette().color(QPalette::Text));
    for (std::size_t i = 0; i < m_series.size(); ++i)
        m_series[i]->setPen(QPen(seriesColor(static_cast<int>(i), palette()), kCurveWidth));
}

QString MetricChart::describeAt(double tokens) const
{
    QStringList lines;
    for (const Curve& curve : m_curves ? *m_curves : std::vector<Curve>()) {
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
        //: name of a curve, its value, tokens
        lines << tr("%1: %2 at %3 tokens")
                     .arg(curve.name, formatNumber(metricValue(*at, m_metric)),
                         formatCount(at->tokens));
    }
    return lines.join(QLatin1Char('\n'));
}

QString MetricChart::note() const
{
    return m_hidesBeginning ? metricNote(m_metric) + QStringLiteral("\n\n")
            + tr("The steep beginning lies above the picture.")
                            : metricNote(m_metric);
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
    if (m_waiting.isEmpty())
        return;
    const qreal margin = gap(this);
    painter->setPen(palette().color(QPalette::PlaceholderText));
    painter->setFont(font());
    painter->drawText(chart()->plotArea().adjusted(margin, margin, -margin, -margin),
        Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap, m_waiting);
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
    const double tokens = chart()->mapToValue(mapToScene(event->pos())).x() * kMillion;
    const QString values
        = chart()->plotArea().contains(mapToScene(event->pos())) ? describeAt(tokens) : QString();
    QToolTip::showText(event->globalPosition().toPoint(),
        values.isEmpty() ? note() : values + QStringLiteral("\n\n") + note(), this);
    QChartView::mouseMoveEvent(event);
}

} // namespace ui
