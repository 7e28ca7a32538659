#include "ui/circuit/patching/signed_map_painter.h"

#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QFontMetrics>
#include <QLinearGradient>
#include <QPainter>

namespace ui {

namespace {

constexpr int kWidestCell = 7; // lines of text
constexpr int kTallestCell = 3; // likewise
constexpr int kLongestTitle = 18; // characters of a column's title, written upwards
constexpr int kLongestRow = 16; // characters of a row's title
constexpr double kWorthASign = 0.1; // share of the scale below which a small cell has no sign

int spaceOf(const QFontMetrics& metrics)
{
    return std::max(2, metrics.height() / 4);
}

QStringList titleLines(const SignedMap::Column& column)
{
    QStringList lines{column.number};
    if (!column.text.isEmpty())
        lines << column.text;
    if (!column.second.isEmpty())
        lines << column.second;
    return lines;
}

bool hasTwoTokens(const SignedMap& map)
{
    return std::any_of(map.columns.begin(), map.columns.end(),
        [](const SignedMap::Column& column) { return !column.second.isEmpty(); });
}

QFont titleFont(const SignedMap::Column& column, const QFont& font)
{
    QFont used = font;
    used.setBold(!column.second.isEmpty()); // where the prompts differ is where to look
    return used;
}

void paintCell(QPainter& painter, double value, double scale, const QRect& cell,
    const QPalette& palette, const QFontMetrics& metrics)
{
    if (!std::isfinite(value)) {
        painter.fillRect(
            cell.adjusted(0, 0, -1, -1), QBrush(semanticColors(palette).grid, Qt::BDiagPattern));
        return;
    }
    const double share = scale > 0.0 ? value / scale : 0.0;
    const QColor color = divergingColor(share, palette);
    painter.fillRect(cell.adjusted(0, 0, -1, -1), color);
    painter.setPen(textOn(color));
    const QString number = signedCellText(value, scale);
    const QString sign = value < 0 ? QString(QChar(0x2212)) : QStringLiteral("+");
    if (metrics.horizontalAdvance(number) <= cell.width() - 4)
        painter.drawText(cell, Qt::AlignCenter, number);
    else if (std::fabs(share) >= kWorthASign && metrics.horizontalAdvance(sign) <= cell.width())
        painter.drawText(cell, Qt::AlignCenter, sign);
}

void paintUpright(QPainter& painter, const SignedMap::Column& column, const QRect& box,
    const SignedMapLayout& layout, const QColor& subtle)
{
    const QFontMetrics metrics(painter.font());
    const QPen pen = painter.pen();
    int y = box.top();
    for (const QString& line : titleLines(column)) {
        // The number is there to be matched with the words "position 5"; the token says more.
        painter.setPen(y == box.top() && !column.text.isEmpty() ? QPen(subtle) : pen);
        painter.drawText(QRect(box.left(), y, box.width(), metrics.height()), Qt::AlignCenter,
            metrics.elidedText(line, Qt::ElideRight, layout.cell.width() - 2));
        y += metrics.height();
    }
}

/// Number and token, and the other prompt's token beside them where there is room for two lines.
QStringList upwardLines(const SignedMap& map, int column, int cellWidth, int line)
{
    const SignedMap::Column& name = map.columns[static_cast<std::size_t>(column)];
    if (name.second.isEmpty() || cellWidth < 2 * line)
        return {map.columnTitle(column)};
    return {QStringLiteral("%1 %2").arg(name.number, name.text), name.second};
}

void paintUpwards(QPainter& painter, const QStringList& lines, const QRect& box)
{
    const QFontMetrics metrics(painter.font());
    int x = box.center().x() + metrics.ascent() / 2
        - static_cast<int>(lines.size() - 1) * metrics.height() / 2;
    for (const QString& line : lines) {
        painter.save();
        painter.translate(x, box.bottom() - spaceOf(metrics) / 2);
        painter.rotate(-90);
        painter.drawText(
            0, 0, metrics.elidedText(line, Qt::ElideRight, box.height() - spaceOf(metrics)));
        painter.restore();
        x += metrics.height();
    }
}

} // namespace

SignedMapLayout::SignedMapLayout(const SignedMap& map, const QFont& usedFont, const QSize& room)
    : font(usedFont)
    , rows(countOf(map.rows))
    , columns(countOf(map.columns))
{
    const QFontMetrics metrics(font);
    const int line = metrics.height(), space = spaceOf(metrics);
    QFont bold = font;
    bold.setBold(true);
    const QFontMetrics boldMetrics(bold);
    int widest = metrics.horizontalAdvance(map.rowAxis);
    for (const QString& row : map.rows)
        widest = std::max(widest, metrics.horizontalAdvance(row));
    headerWidth = std::min(widest, metrics.averageCharWidth() * kLongestRow) + 2 * space;

    const int even = columns > 0 ? (room.width() - headerWidth - 1) / columns : 0;
    cell.setWidth(std::clamp(even, line, line * kWidestCell));
    int widestLine = 0, widestTitle = line;
    for (int column = 0; column < columns; ++column) {
        const SignedMap::Column& name = map.columns[static_cast<std::size_t>(column)];
        for (const QString& text : titleLines(name))
            widestLine = std::max(widestLine, boldMetrics.horizontalAdvance(text));
        for (const QString& text : upwardLines(map, column, cell.width(), line))
            widestTitle = std::max(widestTitle, boldMetrics.horizontalAdvance(text));
    }
    isUpright = widestLine + 4 <= cell.width();
    const bool hasTokens = std::any_of(map.columns.begin(), map.columns.end(),
        [](const SignedMap::Column& column) { return !column.text.isEmpty(); });
    headerHeight = isUpright
        ? line * (1 + (hasTokens ? 1 : 0) + (hasTwoTokens(map) ? 1 : 0)) + space
        : std::min(widestTitle, metrics.averageCharWidth() * kLongestTitle) + 2 * space;
    const int tall = rows > 0 ? (room.height() - headerHeight - 1) / rows : 0;
    cell.setHeight(std::clamp(tall, line + space, line * kTallestCell));
}

QRect SignedMapLayout::cellRect(int row, int column) const
{
    return {headerWidth + column * cell.width(), headerHeight + row * cell.height(), cell.width(),
        cell.height()};
}

QSize SignedMapLayout::size() const
{
    return {headerWidth + columns * cell.width(), headerHeight + rows * cell.height()};
}

void paintSignedMap(QPainter& painter, const SignedMap& map, const SignedMapLayout& layout,
    const QPalette& palette, const QRect& area, const QPoint& offset, const SignedMapMarks& marks)
{
    if (map.isEmpty())
        return;
    painter.setFont(layout.font);
    const QFontMetrics metrics(layout.font);
    const int space = spaceOf(metrics);
    const auto rectOf = [&](int row, int column) {
        return layout.cellRect(row, column).translated(area.topLeft() - offset);
    };
    const auto visible = [](int from, int extent, int size, int count) {
        const int first = std::clamp(from / size, 0, count - 1);
        return std::pair(first, std::min(count - 1, first + extent / size + 1));
    };
    const auto [firstRow, lastRow]
        = visible(offset.y(), area.height(), layout.cell.height(), layout.rows);
    const auto [firstColumn, lastColumn]
        = visible(offset.x(), area.width(), layout.cell.width(), layout.columns);
    const QRect cells = area.adjusted(layout.headerWidth, layout.headerHeight, 0, 0);
    const double scale = map.fullScale();

    painter.save();
    painter.setClipRect(cells);
    for (int row = firstRow; row <= lastRow; ++row)
        for (int column = firstColumn; column <= lastColumn; ++column)
            paintCell(painter, map.at(row, column), scale, rectOf(row, column), palette, metrics);
    const auto outline = [&](int row, int column, int width, const QColor& color) {
        if (row < 0 || column < 0)
            return;
        painter.setPen(QPen(color, width));
        painter.drawRect(rectOf(row, column).adjusted(0, 0, -1, -1));
    };
    outline(marks.hoverRow, marks.hoverColumn, 1, semanticColors(palette).subtle);
    outline(marks.row, marks.column, marks.hasFocus ? 3 : 2, palette.color(QPalette::Highlight));
    painter.restore();

    const auto paintTitle = [&](const QRect& box, bool isCurrent, const auto& paint) {
        if (isCurrent)
            painter.fillRect(box, palette.color(QPalette::Highlight));
        painter.setPen(palette.color(isCurrent ? QPalette::HighlightedText : QPalette::Text));
        paint(isCurrent);
    };
    painter.save();
    painter.setClipRect(area.adjusted(0, layout.headerHeight, 0, 0));
    for (int row = firstRow; row <= lastRow; ++row) {
        const QRect box(
            area.left(), rectOf(row, 0).top(), layout.headerWidth - 1, layout.cell.height());
        paintTitle(box, row == marks.row, [&](bool) {
            painter.drawText(box.adjusted(space, 0, -space, 0), Qt::AlignVCenter | Qt::AlignRight,
                metrics.elidedText(map.rows[static_cast<std::size_t>(row)], Qt::ElideRight,
                    box.width() - 2 * space));
        });
    }
    painter.restore();
    painter.save();
    painter.setClipRect(area.adjusted(layout.headerWidth, 0, 0, 0));
    for (int column = firstColumn; column <= lastColumn; ++column) {
        const SignedMap::Column& name = map.columns[static_cast<std::size_t>(column)];
        const QRect box(
            rectOf(0, column).left(), area.top(), layout.cell.width() - 1, layout.headerHeight - 1);
        paintTitle(box, column == marks.column, [&](bool isCurrent) {
            painter.setFont(titleFont(name, layout.font));
            if (layout.isUpright)
                paintUpright(painter, name, box, layout,
                    isCurrent ? palette.color(QPalette::HighlightedText)
                              : semanticColors(palette).subtle);
            else
                paintUpwards(
                    painter, upwardLines(map, column, layout.cell.width(), metrics.height()), box);
            painter.setFont(layout.font);
        });
    }
    painter.restore();
    painter.setPen(semanticColors(palette).subtle);
    painter.drawText(
        QRect(area.left(), area.top(), layout.headerWidth - space, layout.headerHeight - space / 2),
        Qt::AlignRight | Qt::AlignBottom, map.rowAxis);
}

void paintSignedLegend(QPainter& painter, const SignedMap& map, const QFont& font,
    const QPalette& palette, const QRect& line)
{
    const double scale = map.fullScale();
    const QFontMetrics metrics(font);
    const int space = spaceOf(metrics);
    painter.setFont(font);
    painter.setPen(semanticColors(palette).subtle);
    int x = line.left();
    const auto write = [&](const QString& text) {
        painter.setPen(semanticColors(palette).subtle);
        painter.drawText(QRect(x, line.top(), line.right() - x, line.height()),
            Qt::AlignVCenter | Qt::AlignLeft, text);
        x += metrics.horizontalAdvance(text) + space;
    };
    write(signedText(-scale));
    const QRect bar(x, line.top() + line.height() / 4, metrics.height() * 7, line.height() / 2);
    QLinearGradient gradient(bar.topLeft(), bar.topRight());
    for (int stop = 0; stop <= 12; ++stop)
        gradient.setColorAt(stop / 12.0, divergingColor(stop / 6.0 - 1.0, palette));
    painter.fillRect(bar, gradient);
    painter.setPen(semanticColors(palette).grid);
    painter.drawRect(bar.adjusted(0, 0, -1, -1));
    x += bar.width() + space;
    write(QStringLiteral("%1 %2").arg(signedText(scale), map.unit).trimmed());
}

} // namespace ui
