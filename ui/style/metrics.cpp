#include "ui/style/metrics.h"

#include <algorithm>

#include <QFontMetrics>
#include <QLabel>
#include <QLayout>
#include <QWidget>

namespace ui {

int em(const QWidget* widget)
{
    return widget->fontMetrics().height();
}

int ex(const QWidget* widget)
{
    return widget->fontMetrics().averageCharWidth();
}

int gap(const QWidget* widget)
{
    return std::max(2, em(widget) / 4);
}

int pad(const QWidget* widget)
{
    return std::max(4, em(widget) / 2);
}

void setPagePadding(QLayout* layout, const QWidget* widget)
{
    layout->setContentsMargins(pad(widget), pad(widget), pad(widget), pad(widget));
    layout->setSpacing(gap(widget));
}

void makeHeading(QLabel* label, int level)
{
    QFont font = label->font();
    font.setBold(true);
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * (level == 1 ? 1.35 : 1.05));
    label->setFont(font);
}

void makeSubtle(QLabel* label)
{
    label->setForegroundRole(QPalette::PlaceholderText);
}

void wrapLines(QLabel* label)
{
    label->setWordWrap(true);
    label->setMinimumWidth(1); // before the hint, which is the longest word
}

} // namespace ui
