#include "ui/shared/chart_style.h"

#include "ui/style/theme.h"

#include <QAbstractAxis>
#include <QChart>
#include <QChartView>

namespace ui {

void styleChart(QChartView& view)
{
    const QPalette palette = view.palette();
    view.chart()->setBackgroundBrush(palette.color(QPalette::Base));
    view.setBackgroundBrush(palette.color(QPalette::Base));
    const QColor ink = palette.color(QPalette::Text), grid = semanticColors(palette).grid;
    QFont font = view.font();
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * 0.85);
    for (QAbstractAxis* axis : view.chart()->axes()) {
        axis->setLabelsColor(ink);
        axis->setTitleBrush(ink);
        axis->setLinePen(QPen(grid));
        axis->setGridLinePen(QPen(grid));
        axis->setLabelsFont(font);
        axis->setTitleFont(font);
    }
}

} // namespace ui
