#include "ui/circuit/patching/signed_map_file.h"

#include "ui/circuit/patching/signed_map_painter.h"
#include "ui/shared/sheet_file.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QFontMetrics>
#include <QGuiApplication>
#include <QPainter>

namespace ui {

namespace {

constexpr int kMapTextSize = 12; // pixels, so that it is the same on every device
constexpr int kMapMargin = 16;
constexpr int kCellWidth = 56, kCellHeight = 26;
constexpr int kNarrowest = 480; // so that the note needs few lines

struct MapSheet {
    explicit MapSheet(const SignedMap& shown)
        : map(shown)
        , font(QGuiApplication::font())
    {
        font.setPixelSize(kMapTextSize);
        QFont bold = font;
        bold.setBold(true);
        const QFontMetrics metrics(font), boldMetrics(bold);
        int cellWidth = kCellWidth; // a picture has room for every title
        for (const SignedMap::Column& column : map.columns)
            cellWidth = std::max({cellWidth, boldMetrics.horizontalAdvance(column.text) + 6,
                boldMetrics.horizontalAdvance(column.second) + 6});
        layout = SignedMapLayout(map, font,
            {static_cast<int>(map.columns.size() + 1) * cellWidth,
                static_cast<int>(map.rows.size() + 3) * kCellHeight});
        width = std::max(kNarrowest, layout.size().width());
        line = metrics.height() * 3 / 2;
        noteHeight
            = metrics.boundingRect(QRect(0, 0, width, 10'000), Qt::TextWordWrap, map.note).height();
    }

    QSize size() const
    {
        return {width + 2 * kMapMargin,
            layout.size().height() + 2 * line + noteHeight + 3 * kMapMargin};
    }

    void paint(QPainter& painter, const QPalette& palette) const
    {
        painter.fillRect(QRect({}, size()), palette.color(QPalette::Base));
        QFont bold = font;
        bold.setBold(true);
        painter.setFont(bold);
        painter.setPen(palette.color(QPalette::Text));
        painter.drawText(
            QRect(kMapMargin, kMapMargin, width, line), Qt::AlignLeft | Qt::AlignTop, map.title);
        int y = kMapMargin + line;
        paintSignedMap(painter, map, layout, palette, QRect({kMapMargin, y}, layout.size()));
        y += layout.size().height() + kMapMargin / 2;
        paintSignedLegend(painter, map, font, palette,
            QRect(kMapMargin + layout.headerWidth, y, width - layout.headerWidth, line));
        painter.setPen(semanticColors(palette).subtle);
        painter.drawText(QRect(kMapMargin, y + line + kMapMargin / 2, width, noteHeight),
            Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, map.note);
    }

    const SignedMap& map;
    QFont font;
    SignedMapLayout layout;
    int width = 0, line = 0, noteHeight = 0;
};

} // namespace

core::Result<void> saveSignedMap(const SignedMap& map, const QString& path, const QPalette& palette)
{
    if (map.isEmpty())
        return core::fail(
            core::Error::Code::NotFound, "There is no map to save. Run patching first.");
    const MapSheet sheet(map);
    const auto paint = [&](QPainter& painter) { sheet.paint(painter, palette); };
    return saveSheet({sheet.size(), map.title, map.note, paint}, map.toCsv(), path);
}

} // namespace ui
