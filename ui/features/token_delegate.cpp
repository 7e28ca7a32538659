#include "ui/features/token_delegate.h"

#include "ui/style/color_scale.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QApplication>
#include <QPainter>

namespace ui {

void TokenDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QStringList tokens = index.data(kTokensRole).toStringList();
    if (!tokens.isEmpty())
        item.text.clear();
    const QWidget* widget = item.widget;
    QStyle* style = widget ? widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &item, painter, widget);

    const int margin = std::max(1, item.fontMetrics.height() / 6);
    const bool isSelected = item.state.testFlag(QStyle::State_Selected);
    const QColor fill = sequentialColor(0.3, item.palette);
    painter->save();
    painter->setFont(item.font);
    int x = item.rect.left() + margin;
    for (const QString& token : tokens) {
        const QString shown = visibleToken(token);
        const int width = item.fontMetrics.horizontalAdvance(shown) + 2 * margin;
        if (x + width > item.rect.right() - item.fontMetrics.averageCharWidth()) {
            painter->setPen(
                item.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text));
            painter->drawText(QRect(x, item.rect.top(), item.rect.right() - x, item.rect.height()),
                static_cast<int>(Qt::AlignVCenter), QStringLiteral("…"));
            break;
        }
        const QRect box(x, item.rect.top() + margin, width, item.rect.height() - 2 * margin);
        if (!isSelected)
            painter->fillRect(box, fill);
        painter->setPen(isSelected ? item.palette.color(QPalette::HighlightedText) : textOn(fill));
        painter->drawText(box, static_cast<int>(Qt::AlignCenter), shown);
        x += width + margin;
    }
    painter->restore();
}

} // namespace ui
