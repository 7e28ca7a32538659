#include "ui/steer/sweep/sweep_file.h"

#include "ui/shared/sheet_file.h"
#include "ui/steer/sweep/sweep_painter.h"
#include "ui/steer/sweep/sweep_rows.h"
#include "ui/steer/sweep/sweep_text.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QFontMetrics>
#include <QGuiApplication>
#include <QPainter>

namespace ui {

namespace {

constexpr int kSweepTextSize = 12; // pixels, so that it is the same on every device
constexpr int kSweepMargin = 16;
constexpr int kSweepCellWidth = 240, kSweepCellLines = 6;

struct SweepSheet {
    SweepSheet(const core::Sweep& shown, const QString& what)
        : sweep(shown)
        , font(QGuiApplication::font())
    {
        font.setPixelSize(kSweepTextSize);
        const QFontMetrics metrics(font);
        line = metrics.height() * 3 / 2;
        cellHeight = metrics.lineSpacing() * kSweepCellLines + 2 * sweepCellPadding(font);
        for (const auto& row : sweep.request.rows)
            for (const QString& part : nameParts(row))
                nameWidth = std::max(nameWidth, metrics.horizontalAdvance(part) + kSweepMargin);
        gridWidth = nameWidth + countOf(sweep.request.strengths) * kSweepCellWidth;
        width = std::max(gridWidth, sweepLegendWidth(largestOnTopic(sweep), font));
        title = sweetSpotSentence(sweep);
        note = QStringList{what, sweepConditions(sweep), marksMeaning()}.join(QLatin1Char(' '));
        noteHeight
            = metrics.boundingRect(QRect(0, 0, width, 10'000), Qt::TextWordWrap, note).height();
    }

    static QStringList nameParts(const core::SweepRequest::Row& row)
    {
        return toQString(row.name).split(QString::fromUtf16(kNameParts));
    }

    QSize size() const
    {
        return {width + 2 * kSweepMargin,
            3 * line + countOf(sweep.cells) * cellHeight + noteHeight + 5 * kSweepMargin};
    }

    void paint(QPainter& painter, const QPalette& palette) const
    {
        painter.fillRect(QRect({}, size()), palette.color(QPalette::Base));
        painter.setPen(palette.color(QPalette::Text));
        QFont bold = font;
        bold.setBold(true);
        painter.setFont(bold);
        int y = kSweepMargin;
        painter.drawText(QRect(kSweepMargin, y, width, line), Qt::AlignLeft | Qt::AlignVCenter,
            QFontMetrics(bold).elidedText(title, Qt::ElideRight, width));
        y += line + kSweepMargin / 2;
        const int left = kSweepMargin + nameWidth;
        for (int column = 0; column < countOf(sweep.request.strengths); ++column)
            painter.drawText(QRect(left + column * kSweepCellWidth, y, kSweepCellWidth, line),
                Qt::AlignCenter, sweepStrength(sweep.request, column));
        y += line;
        for (int row = 0; row < countOf(sweep.cells); ++row, y += cellHeight) {
            painter.setFont(font);
            painter.setPen(palette.color(QPalette::Text));
            painter.drawText(QRect(kSweepMargin, y, nameWidth, cellHeight),
                Qt::AlignLeft | Qt::AlignVCenter,
                nameParts(sweep.request.rows[static_cast<std::size_t>(row)])
                    .join(QLatin1Char('\n')));
            for (int column = 0; column < countOf(sweep.request.strengths); ++column)
                paintSweepCell(painter,
                    QRect(left + column * kSweepCellWidth, y, kSweepCellWidth, cellHeight),
                    sweepCellLook(sweep, row, column), palette, font);
        }
        y += kSweepMargin;
        paintSweepLegend(
            painter, QRect(kSweepMargin, y, width, line), largestOnTopic(sweep), palette, font);
        y += line + kSweepMargin / 2;
        painter.setFont(font);
        painter.setPen(semanticColors(palette).subtle);
        painter.drawText(QRect(kSweepMargin, y, width, noteHeight),
            Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, note);
    }

    const core::Sweep& sweep;
    QFont font;
    QString title, note;
    int nameWidth = 0, gridWidth = 0, width = 0, line = 0, cellHeight = 0, noteHeight = 0;
};

} // namespace

core::Result<void> saveSweep(
    const core::Sweep& sweep, const QString& what, const QString& path, const QPalette& palette)
{
    const SweepSheet sheet(sweep, what);
    const auto paint = [&](QPainter& painter) { sheet.paint(painter, palette); };
    return saveSheet({sheet.size(), sheet.title, sheet.note, paint}, sweepCsv(sweep), path);
}

} // namespace ui
