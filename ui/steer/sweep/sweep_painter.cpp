#include "ui/steer/sweep/sweep_painter.h"

#include "ui/steer/sweep/sweep_text.h"
#include "ui/steer/sweep/sweep_words.h"
#include "ui/style/color_scale.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QFontMetrics>
#include <QPainter>
#include <QTextLayout>

namespace ui {

namespace {

// Texts stay readable on every cell: the scale ends before its darkest colour.
constexpr double kDarkest = 0.72;

QColor heatColor(double heat, const QPalette& palette)
{
    return sequentialColor(heat * kDarkest, palette);
}

void paintHatching(QPainter& painter, const QRect& rect, const QPalette& palette)
{
    painter.fillRect(rect, palette.color(QPalette::Base));
    painter.fillRect(rect, QBrush(semanticColors(palette).grid, Qt::BDiagPattern));
}

void paintFrame(QPainter& painter, const QRect& rect, const QColor& color, int width)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, width, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    const int half = (width + 1) / 2;
    painter.drawRect(rect.adjusted(half, half, -half, -half));
}

int sweepFrameWidth(const QFont& font)
{
    return std::max(3, QFontMetrics(font).height() / 5);
}

/// As many whole lines as fit; the last one says that more follows.
void paintBeginning(QPainter& painter, const QRect& box, const QString& text, const QFont& font)
{
    const QFontMetrics metrics(font);
    const int lines = box.height() / metrics.lineSpacing();
    QTextLayout layout(text, font);
    layout.beginLayout();
    for (int i = 0; i < lines; ++i) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(box.width());
        const int start = line.textStart();
        const QString shown = i + 1 < lines
            ? text.mid(start, line.textLength())
            : metrics.elidedText(text.mid(start), Qt::ElideRight, box.width());
        painter.drawText(QRect(box.left(), box.top() + i * metrics.lineSpacing(), box.width(),
                             metrics.lineSpacing()),
            static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), shown);
    }
    layout.endLayout();
}

} // namespace

int sweepCellPadding(const QFont& font)
{
    return 2 * sweepFrameWidth(font) + 3;
}

double largestOnTopic(const core::Sweep& sweep)
{
    double largest = std::max(0.01, sweep.normal.onTopic);
    for (const auto& row : sweep.cells)
        for (const core::SweepCell& cell : row)
            largest = std::max(largest, cell.onTopic);
    return largest;
}

SweepCellLook sweepCellLook(const core::Sweep& sweep, int row, int column)
{
    const core::SweepCell& cell
        = sweep.cells[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
    return {inOneLine(cell.text), cell.onTopic, cell.onTopic / largestOnTopic(sweep), cell.isWhole,
        isSweetSpot(sweep, row, column), isIsoKl(sweep, row, column)};
}

void paintSweepCell(QPainter& painter, const QRect& rect, const SweepCellLook& look,
    const QPalette& palette, const QFont& font, bool isCurrent)
{
    const QFontMetrics metrics(font);
    const int margin = sweepCellPadding(font);
    painter.save();
    const QColor back
        = look.isWhole ? heatColor(look.heat, palette) : palette.color(QPalette::Base);
    const QColor ink = look.isWhole ? textOn(back) : semanticColors(palette).subtle;
    if (look.isWhole)
        painter.fillRect(rect, back);
    else
        paintHatching(painter, rect, palette);
    painter.setPen(semanticColors(palette).grid);
    painter.drawLine(rect.bottomLeft(), rect.bottomRight());
    painter.drawLine(rect.topRight(), rect.bottomRight());

    const QRect inner = rect.adjusted(margin, margin, -margin, -margin);
    const QRect top(inner.left(), inner.top(), inner.width(), metrics.lineSpacing());
    QStringList marks;
    if (look.isSweetSpot)
        marks << sweepTr("sweet spot");
    if (look.isIsoKl)
        marks << sweepTr("iso-KL");
    if (!look.isWhole)
        marks << sweepTr("broken");
    QFont bold = font;
    bold.setBold(true);
    const QString share = shareText(look.onTopic);
    const int shareWidth = QFontMetrics(bold).horizontalAdvance(share) + margin;
    painter.setPen(ink);
    painter.setFont(bold);
    painter.drawText(top, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), share);
    QFont slanted = font;
    slanted.setItalic(true);
    painter.setFont(slanted);
    painter.drawText(top, static_cast<int>(Qt::AlignRight | Qt::AlignVCenter),
        QFontMetrics(slanted).elidedText(marks.join(QStringLiteral(" · ")), Qt::ElideRight,
            std::max(0, top.width() - shareWidth)));
    painter.setFont(font);
    paintBeginning(painter, inner.adjusted(0, metrics.lineSpacing(), 0, 0),
        look.text.isEmpty() ? sweepTr("(nothing)") : look.text, font);

    const int thick = sweepFrameWidth(font);
    if (look.isSweetSpot)
        paintFrame(painter, rect, palette.color(QPalette::Text), thick);
    if (isCurrent)
        paintFrame(painter, look.isSweetSpot ? rect.adjusted(thick, thick, -thick, -thick) : rect,
            palette.color(QPalette::Highlight), thick);
    painter.restore();
}

namespace {

/// Walks over the legend's parts; without a painter it only measures.
int legendParts(QPainter* painter, const QRect& line, double largest, const QPalette& palette,
    const QFont& font)
{
    const QFontMetrics metrics(font);
    const int gap = metrics.height() / 2;
    const int box = metrics.height() * 3 / 2;
    int x = line.left();
    const auto say = [&](const QString& text, int after) {
        const int width = metrics.horizontalAdvance(text);
        if (painter) {
            painter->setPen(palette.color(QPalette::Text));
            painter->drawText(QRect(x, line.top(), width + 1, line.height()),
                static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), text);
        }
        x += width + after;
    };
    const auto square = [&](int width) {
        const QRect rect(x, line.center().y() - metrics.height() / 2, width, metrics.height());
        x += width + gap;
        return rect;
    };
    say(sweepTr("On topic 0 %"), gap);
    const QRect scale = square(box * 3);
    if (painter) {
        for (int i = 0; i < scale.width(); ++i)
            painter->fillRect(QRect(scale.left() + i, scale.top(), 1, scale.height()),
                heatColor(static_cast<double>(i) / scale.width(), palette));
        painter->setPen(semanticColors(palette).grid);
        painter->drawRect(scale);
    }
    say(shareText(largest), gap * 3);
    const QRect broken = square(box);
    if (painter) {
        paintHatching(*painter, broken, palette);
        painter->setPen(semanticColors(palette).grid);
        painter->drawRect(broken);
    }
    say(sweepTr("broken text"), gap * 3);
    const QRect sweet = square(box);
    if (painter)
        paintFrame(*painter, sweet, palette.color(QPalette::Text), sweepFrameWidth(font));
    say(sweepTr("sweet spot"), 0);
    return x - line.left();
}

} // namespace

void paintSweepLegend(QPainter& painter, const QRect& line, double largest, const QPalette& palette,
    const QFont& font)
{
    painter.save();
    painter.setFont(font);
    legendParts(&painter, line, largest, palette, font);
    painter.restore();
}

int sweepLegendWidth(double largest, const QFont& font)
{
    return legendParts(nullptr, {}, largest, {}, font);
}

} // namespace ui
