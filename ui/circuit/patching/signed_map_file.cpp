#include "ui/circuit/patching/signed_map_file.h"

#include "ui/circuit/patching/signed_map_painter.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QBuffer>
#include <QFileInfo>
#include <QFontMetrics>
#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace ui {

namespace {

constexpr int kMapTextSize = 12; // pixels, so that it is the same on every device
constexpr int kMapMargin = 16;
constexpr int kPixelsPerUnit = 2; // of a PNG: sharp in print
constexpr int kCellWidth = 56, kCellHeight = 26;
constexpr int kNarrowest = 480; // so that the note needs few lines

struct Sheet {
    explicit Sheet(const SignedMap& shown)
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

QByteArray pngBytes(const Sheet& sheet, const QPalette& palette)
{
    QImage image(sheet.size() * kPixelsPerUnit, QImage::Format_RGB32);
    if (image.isNull())
        return {};
    QPainter painter(&image);
    painter.scale(kPixelsPerUnit, kPixelsPerUnit);
    sheet.paint(painter, palette);
    painter.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray svgBytes(const Sheet& sheet, const QPalette& palette)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(sheet.size());
    generator.setViewBox(QRect({}, sheet.size()));
    generator.setTitle(sheet.map.title);
    generator.setDescription(sheet.map.note);
    QPainter painter(&generator);
    sheet.paint(painter, palette);
    painter.end();
    return bytes;
}

} // namespace

core::Result<void> saveSignedMap(const SignedMap& map, const QString& path, const QPalette& palette)
{
    using core::Error;
    if (map.isEmpty())
        return core::fail(Error::Code::NotFound, "There is no map to save. Run patching first.");
    const QString ending = QFileInfo(path).suffix().toLower();
    QByteArray bytes;
    if (ending == QLatin1String("png"))
        bytes = pngBytes(Sheet(map), palette);
    else if (ending == QLatin1String("svg"))
        bytes = svgBytes(Sheet(map), palette);
    else if (ending == QLatin1String("csv"))
        bytes = map.toCsv().toUtf8();
    else
        return core::fail(Error::Code::Unsupported,
            path.toStdString() + ": the ending must be .png, .svg or .csv.");
    if (bytes.isEmpty())
        return core::fail(Error::Code::OutOfMemory,
            "The picture is too large for the memory that is free. Save it as SVG or CSV.");
    QSaveFile file(path); // writes beside it and renames
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return core::fail(Error::Code::Io,
            path.toStdString() + ": cannot be written (" + file.errorString().toStdString()
                + "). Choose another folder.");
    return {};
}

} // namespace ui
