#pragma once

#include <QStyledItemDelegate>

namespace ui {

/// A number with a bar behind it. The model gives the bar's length, -1 to 1, under kBarRole;
/// negative bars are blue and grow from the right, so that the sign is also a shape.
class BarDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    static constexpr int kBarRole = Qt::UserRole + 100;

    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
        const QModelIndex& index) const override;
};

} // namespace ui
