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
    view.chart()->setTitleFont(view.font()); // else Qt's own, whatever size a person chose
    const QColor ink = palette.color(QPalette::Text), grid = semanticColors(palette).grid;
    QFont font = view.font();
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * 0.85);
    else if (font.pixelSize() > 0)
        font.setPixelSize(qRound(font.pixelSize() * 0.85));
    for (QAbstractAxis* axis : view.chart()->axes()) {
        axis->setLabelsColor(ink);
        axis->setTitleBrush(ink);
        axis->setLinePen(QPen(grid));
        axis->setGridLinePen(QPen(grid));
        axis->setLabelsFont(font);
        axis->setTitleFont(font);
    }
}

QString wrappedTip(const QString& text)
{
    QString html = text.toHtmlEscaped();
    return QStringLiteral("<qt>%1</qt>")
        .arg(html.replace(QLatin1Char('\n'), QStringLiteral("<br>")));
}

} // namespace ui
