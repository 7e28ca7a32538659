#include "ui/shared/pair_delegate.h"

#include <algorithm>

#include <QApplication>
#include <QStyle>

namespace ui {

QString elidedAroundDifference(
    const QString& text, const QString& other, const QFontMetrics& metrics, int width)
{
    if (metrics.horizontalAdvance(text) <= width)
        return text;
    const qsizetype shorter = std::min(text.size(), other.size());
    qsizetype first = 0, behind = 0;
    while (first < shorter && text[first] == other[first])
        ++first;
    while (behind < shorter - first
        && text[text.size() - 1 - behind] == other[other.size() - 1 - behind])
        ++behind;
    const qsizetype last = text.size() - behind;
    const bool differs = last > first && text != other;
    qsizetype begin = differs ? first : text.size() / 2, end = differs ? last : text.size() / 2;
    const QString dots(QChar(0x2026));
    const auto shown = [&](qsizetype from, qsizetype to) {
        return (from > 0 ? dots : QString()) + text.mid(from, to - from)
            + (to < text.size() ? dots : QString());
    };
    const auto fits = [&](qsizetype from, qsizetype to) {
        return metrics.horizontalAdvance(shown(from, to)) <= width;
    };
    // What differs is itself too long: its beginning.
    while (end > begin + 1 && !fits(begin, end))
        --end;
    for (bool grows = true; grows;) {
        grows = false;
        if (begin > 0 && fits(begin - 1, end)) {
            --begin;
            grows = true;
        }
        if (end < text.size() && fits(begin, end + 1)) {
            ++end;
            grows = true;
        }
    }
    return shown(begin, end);
}

PairDelegate::PairDelegate(int otherColumn, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_otherColumn(otherColumn)
{
}

void PairDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem drawn(option);
    initStyleOption(&drawn, index);
    const QStyle* style = drawn.widget ? drawn.widget->style() : QApplication::style();
    const int margin = style->pixelMetric(QStyle::PM_FocusFrameHMargin, &drawn, drawn.widget) + 1;
    const int width
        = style->subElementRect(QStyle::SE_ItemViewItemText, &drawn, drawn.widget).width()
        - 2 * margin;
    drawn.text = elidedAroundDifference(drawn.text,
        index.siblingAtColumn(m_otherColumn).data().toString(), drawn.fontMetrics, width);
    style->drawControl(QStyle::CE_ItemViewItem, &drawn, painter, drawn.widget);
}

} // namespace ui
