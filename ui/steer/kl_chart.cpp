#include "ui/steer/kl_chart.h"

#include "ui/shared/chart_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QChart>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGraphicsLayout>
#include <QGuiApplication>
#include <QLineSeries>
#include <QMenu>
#include <QValueAxis>

namespace ui {

KlChart::KlChart(QWidget* parent)
    : QChartView(new QChart, parent)
    , m_line(new QLineSeries(this))
    , m_tokenAxis(new QValueAxis(this))
    , m_klAxis(new QValueAxis(this))
{
    chart()->addSeries(m_line);
    chart()->legend()->hide();
    chart()->setMargins(QMargins(0, 0, 0, 0));
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    chart()->addAxis(m_tokenAxis, Qt::AlignBottom);
    chart()->addAxis(m_klAxis, Qt::AlignLeft);
    m_line->attachAxis(m_tokenAxis);
    m_line->attachAxis(m_klAxis);
    m_line->setPointsVisible(true);
    m_tokenAxis->setTitleText(tr("generated token"));
    m_tokenAxis->setLabelFormat(QStringLiteral("%.0f"));
    m_klAxis->setTitleText(tr("KL (nats)"));
    m_klAxis->setLabelFormat(QStringLiteral("%.2g"));
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setAccessibleName(tr("KL divergence per generated token"));
    setToolTip(tr("How far the steered next-token distribution is from the model's own, given the "
                  "same text"));
    setValues({});
    recolor();
}

void KlChart::setValues(const std::vector<float>& kl)
{
    m_values = kl;
    QList<QPointF> points;
    double largest = 0.1;
    for (int i = 0; i < countOf(kl); ++i) {
        const double value = static_cast<double>(kl[static_cast<std::size_t>(i)]);
        points << QPointF(i + 1, value);
        largest = std::max(largest, value);
    }
    m_line->replace(points);
    m_tokenAxis->setRange(1, std::max<double>(10, static_cast<double>(points.size())));
    m_klAxis->setRange(0, largest * 1.1);
    setAccessibleDescription(toTable());
}

QString KlChart::toTable() const
{
    QString text = tr("token\tKL in nats\n");
    for (int i = 0; i < countOf(m_values); ++i)
        text += QStringLiteral("%1\t%2\n")
                    .arg(i + 1)
                    .arg(static_cast<double>(m_values[static_cast<std::size_t>(i)]));
    return text;
}

QSize KlChart::sizeHint() const
{
    return {ex(this) * 40, em(this) * 8};
}

void KlChart::recolor()
{
    styleChart(*this);
    m_line->setPen(QPen(seriesColor(0, palette()), 2));
}

void KlChart::changeEvent(QEvent* event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        recolor();
}

void KlChart::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.addAction(
        tr("Copy as table"), this, [this] { QGuiApplication::clipboard()->setText(toTable()); });
    menu.exec(event->globalPos());
}

} // namespace ui
