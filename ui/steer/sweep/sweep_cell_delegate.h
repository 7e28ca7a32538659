#pragma once

#include <QStyledItemDelegate>

namespace ui {

/// Paints cells of a SweepGridModel.
class SweepCellDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
        const QModelIndex& index) const override;
};

} // namespace ui
