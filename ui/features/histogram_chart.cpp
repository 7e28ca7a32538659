#include "ui/features/histogram_chart.h"

#include "ui/shared/chart_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QAreaSeries>
#include <QChart>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGraphicsLayout>
#include <QGuiApplication>
#include <QLineSeries>
#include <QLogValueAxis>
#include <QMenu>
#include <QToolTip>
#include <QValueAxis>

namespace ui {

namespace {
constexpr double kFloor = 0.8; // below one token, so that one token is seen
}

HistogramChart::HistogramChart(QWidget* parent)
    : QChartView(new QChart, parent)
    , m_top(new QLineSeries(this))
    , m_floor(new QLineSeries(this))
    , m_activationAxis(new QValueAxis(this))
    , m_countAxis(new QLogValueAxis(this))
{
    auto* area = new QAreaSeries(m_top, m_floor);
    chart()->addSeries(area);
    chart()->legend()->hide();
    chart()->setMargins(QMargins(0, 0, 0, 0));
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    chart()->addAxis(m_activationAxis, Qt::AlignBottom);
    chart()->addAxis(m_countAxis, Qt::AlignLeft);
    area->attachAxis(m_activationAxis);
    area->attachAxis(m_countAxis);
    m_activationAxis->setTitleText(tr("activation"));
    m_activationAxis->setTickCount(5);
    m_activationAxis->setLabelFormat(QStringLiteral("%.3g"));
    m_countAxis->setTitleText(tr("tokens"));
    m_countAxis->setBase(10.0);
    m_countAxis->setLabelFormat(QStringLiteral("%.0f"));
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    setAccessibleName(tr("Histogram of activations"));
    recolor();
}

void HistogramChart::setHistogram(const std::vector<float>& counts, double maximum)
{
    m_counts = counts;
    m_maximum = std::fabs(maximum); // signed features are counted by size
    QList<QPointF> top, floor;
    double largest = 10.0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double count = std::max(kFloor, static_cast<double>(counts[i]));
        const double width = maximum / static_cast<double>(counts.size());
        top << QPointF(width * static_cast<double>(i), count)
            << QPointF(width * static_cast<double>(i + 1), count);
        largest = std::max(largest, count);
    }
    if (!top.isEmpty())
        floor << QPointF(top.first().x(), kFloor) << QPointF(top.last().x(), kFloor);
    m_top->replace(top);
    m_floor->replace(floor);
    m_activationAxis->setRange(0.0, maximum > 0.0 ? maximum : 1.0);
    m_countAxis->setRange(kFloor, largest * 1.3);
    setAccessibleDescription(toTable());
}

QString HistogramChart::describeBin(int bin) const
{
    if (bin < 0 || bin >= countOf(m_counts))
        return {};
    const double width = m_maximum / static_cast<double>(m_counts.size());
    return tr("activation %1 to %2: %3 tokens")
        .arg(formatNumber(width * bin), formatNumber(width * (bin + 1)),
            formatCount(static_cast<std::int64_t>(m_counts[static_cast<std::size_t>(bin)])));
}

QString HistogramChart::toTable() const
{
    QString text = tr("from\tto\ttokens\n");
    const double width = m_counts.empty() ? 0.0 : m_maximum / static_cast<double>(m_counts.size());
    for (int i = 0; i < countOf(m_counts); ++i)
        text += QStringLiteral("%1\t%2\t%3\n")
                    .arg(width * i)
                    .arg(width * (i + 1))
                    .arg(static_cast<double>(m_counts[static_cast<std::size_t>(i)]));
    return text;
}

QSize HistogramChart::sizeHint() const
{
    return {ex(this) * 40, em(this) * 9};
}

void HistogramChart::recolor()
{
    styleChart(*this);
    for (QAbstractSeries* series : chart()->series()) {
        if (auto* area = qobject_cast<QAreaSeries*>(series)) {
            area->setBrush(sequentialColor(0.7, palette()));
            area->setPen(QPen(sequentialColor(0.9, palette()), 1.0));
        }
    }
}

void HistogramChart::changeEvent(QEvent* event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        recolor();
}

void HistogramChart::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.addAction(
        tr("Copy as table"), this, [this] { QGuiApplication::clipboard()->setText(toTable()); });
    menu.exec(event->globalPos());
}

void HistogramChart::mouseMoveEvent(QMouseEvent* event)
{
    const double x = chart()->mapToValue(mapToScene(event->pos())).x();
    const int bin = m_maximum > 0.0 && x >= 0.0 && x <= m_maximum ? std::min(countOf(m_counts) - 1,
                        static_cast<int>(x / m_maximum * static_cast<double>(m_counts.size())))
                                                                  : -1;
    QToolTip::showText(event->globalPosition().toPoint(), describeBin(bin), this);
    QChartView::mouseMoveEvent(event);
}

} // namespace ui
