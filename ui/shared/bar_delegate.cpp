#include "ui/shared/bar_delegate.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QPainter>

namespace ui {

void BarDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QString text = item.text;
    item.text.clear();
    const QWidget* widget = item.widget;
    QStyle* style = widget ? widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &item, painter, widget);

    const double value = std::clamp(index.data(kBarRole).toDouble(), -1.0, 1.0);
    const int margin = std::max(1, item.fontMetrics.height() / 6);
    const QRect box = item.rect.adjusted(margin, margin, -margin, -margin);
    const int width = static_cast<int>(std::lround(std::fabs(value) * box.width()));
    const bool isSelected = item.state.testFlag(QStyle::State_Selected);
    const QRect bar(
        value >= 0 ? box.left() : box.right() - width + 1, box.top(), width, box.height());
    if (width > 0 && !isSelected)
        painter->fillRect(bar, divergingColor(value >= 0 ? 0.3 : -0.3, item.palette));
    painter->setPen(item.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text));
    painter->setFont(item.font);
    painter->drawText(box.adjusted(margin, 0, -margin, 0),
        static_cast<int>(Qt::AlignRight | Qt::AlignVCenter),
        item.fontMetrics.elidedText(text, Qt::ElideRight, box.width()));
}

} // namespace ui
