#include "ui/steer/sweep/sweep_legend.h"

#include "ui/steer/sweep/sweep_painter.h"
#include "ui/style/metrics.h"

#include <QPainter>

namespace ui {

SweepLegend::SweepLegend(QWidget* parent)
    : QWidget(parent)
{
    setAccessibleName(tr("Legend of the grid"));
    setAccessibleDescription(tr("The stronger the colour of a cell, the more of its text is on "
                                "topic; broken texts are hatched, the sweet spot has a frame."));
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void SweepLegend::setLargest(double onTopic)
{
    m_largest = onTopic;
    update();
}

QSize SweepLegend::sizeHint() const
{
    return {sweepLegendWidth(m_largest, font()), em(this) + gap(this)};
}

void SweepLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintSweepLegend(painter, rect(), m_largest, palette(), font());
}

} // namespace ui
