#pragma once

#include <QStyledItemDelegate>

namespace ui {

/// A short list of tokens, each in its own box with its white space visible; what does not fit ends
/// in "…". The model gives a QStringList under kTokensRole.
class TokenDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    static constexpr int kTokensRole = Qt::UserRole + 101;

    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
        const QModelIndex& index) const override;
};

} // namespace ui
