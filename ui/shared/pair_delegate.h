#pragma once

#include <QFontMetrics>
#include <QString>
#include <QStyledItemDelegate>

namespace ui {

/// `text` cut to `width` pixels around where it differs from `other`, with "…" where something is
/// left out: two prompts that differ in one word show that word. The middle of a text that does not
/// differ.
QString elidedAroundDifference(
    const QString& text, const QString& other, const QFontMetrics& metrics, int width);

/// A column of texts that are read beside those of another column of the same table.
class PairDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    PairDelegate(int otherColumn, QObject* parent);

protected:
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
        const QModelIndex& index) const override;

private:
    int m_otherColumn;
};

} // namespace ui
