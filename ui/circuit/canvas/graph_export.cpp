#include "ui/circuit/canvas/graph_export.h"

#include "ui/circuit/canvas/graph_sheet.h"
#include "ui/circuit/canvas/png_writer.h"
#include "ui/style/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <future>

#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace ui {

namespace {

using core::Error;

constexpr double kUsualScale = 2.0;
constexpr double kUsualPixels = 2.5e7; // a second's work; more only for who asks for it
constexpr double kMostPixels = 1e9; // about as many bytes of file
constexpr int kBandPixels = 48'000'000; // painted at a time; 192 MB
constexpr int kTileWidth = 16384; // Qt's painter knows no coordinates above 32,767

core::Result<QByteArray> pngBytes(GraphSheet& sheet, double scale, const QColor& background)
{
    const QSizeF size = sheet.size();
    const double area = size.width() * size.height(), largest = std::sqrt(kMostPixels / area);
    if (scale > largest)
        return core::fail(Error::Code::OutOfMemory,
            "The picture would have "
                + formatCount(std::llround(size.width() * scale)).toStdString() + " x "
                + formatCount(std::llround(size.height() * scale)).toStdString()
                + " pixels. Export at a scale of at most "
                + formatNumber(std::floor(largest * 100) / 100).toStdString()
                + ", or as SVG or PDF.");
    const double used = scale > 0 ? scale : std::min(kUsualScale, std::sqrt(kUsualPixels / area));
    const QSize pixels = (size * used).toSize().expandedTo({1, 1});
    const int rows = std::clamp(kBandPixels / pixels.width(), 1, pixels.height());
    // One band is packed while the next is painted.
    std::array bands{QImage(pixels.width(), rows, QImage::Format_RGB32),
        QImage(pixels.width(), rows, QImage::Format_RGB32)};
    if (bands[0].isNull() || bands[1].isNull())
        return core::fail(Error::Code::OutOfMemory,
            "The picture is too large for the memory that is free. Export at a smaller scale, or "
            "as SVG or PDF.");
    PngWriter writer(pixels.width(), pixels.height(),
        {{"Title", sheet.title()}, {"Software", QStringLiteral("Featurescope")}});
    std::future<void> packing;
    for (int top = 0; top < pixels.height(); top += rows) {
        QImage& band = bands[static_cast<std::size_t>(top / rows % 2)];
        for (int left = 0; left < pixels.width(); left += kTileWidth) {
            // Shares the band's memory.
            QImage tile(band.bits() + static_cast<std::ptrdiff_t>(left) * 4,
                std::min(kTileWidth, pixels.width() - left), rows, band.bytesPerLine(),
                QImage::Format_RGB32);
            tile.fill(background);
            QPainter painter(&tile);
            painter.translate(-left, -top);
            painter.scale(used, used);
            sheet.paint(painter);
        }
        const int left = std::min(rows, pixels.height() - top);
        if (packing.valid())
            packing.get();
        packing = std::async(std::launch::async,
            [&writer, part = left == rows ? band : band.copy(0, 0, pixels.width(), left)] {
                writer.addRows(part);
            });
    }
    if (packing.valid())
        packing.get();
    QByteArray bytes = writer.finish();
    if (bytes.isEmpty())
        return core::fail(Error::Code::OutOfMemory,
            "The picture could not be packed as PNG. Export at a smaller scale, or as SVG or PDF.");
    return bytes;
}

QByteArray svgBytes(GraphSheet& sheet)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(sheet.size().toSize());
    generator.setViewBox(QRectF(QPointF(), sheet.size()));
    generator.setTitle(sheet.title());
    generator.setDescription(QStringLiteral("Attribution graph, Featurescope"));
    QPainter painter(&generator);
    sheet.paint(painter);
    painter.end();
    return bytes;
}

QByteArray pdfBytes(GraphSheet& sheet)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setTitle(sheet.title());
    writer.setCreator(QStringLiteral("Featurescope"));
    constexpr int kResolution = 96; // scene units are pixels at 96 dots per inch
    constexpr double kLongestPage = 14400.0; // points; readers need not open longer pages
    const QSizeF points = sheet.size() * 72.0 / kResolution;
    const double shrink = std::min(1.0, kLongestPage / std::max(points.width(), points.height()));
    writer.setResolution(kResolution);
    writer.setPageMargins(QMarginsF());
    writer.setPageSize(QPageSize(points * shrink, QPageSize::Point, {}, QPageSize::ExactMatch));
    QPainter painter(&writer);
    painter.scale(shrink, shrink);
    sheet.paint(painter);
    painter.end();
    return bytes;
}

core::Result<QByteArray> pictureOf(
    GraphSheet& sheet, const QString& path, const GraphExportOptions& options)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("png"))
        return pngBytes(sheet, options.scale, options.palette.color(QPalette::Base));
    if (ending == QLatin1String("svg"))
        return svgBytes(sheet);
    if (ending == QLatin1String("pdf"))
        return pdfBytes(sheet);
    return core::fail(
        Error::Code::Unsupported, path.toStdString() + ": the ending must be .png, .svg or .pdf.");
}

} // namespace

core::Result<void> exportGraph(const std::shared_ptr<const core::AttributionGraph>& graph,
    const QString& path, const GraphExportOptions& options)
{
    if (!graph || graph->nodes.empty())
        return core::fail(
            Error::Code::NotFound, "There is no graph to export. Trace a prompt first.");
    GraphSheet sheet(graph, options);
    if (sheet.isEmpty())
        return core::fail(Error::Code::NotFound,
            options.what == GraphExportOptions::What::Subgraph
                ? "The subgraph is empty. Pin nodes or group them into supernodes first."
                : "No node stands in the part of the graph that is visible. Move or zoom out "
                  "first.");
    const core::Result<QByteArray> picture = pictureOf(sheet, path, options);
    if (!picture)
        return tl::unexpected(picture.error());
    QSaveFile file(path); // writes beside it and renames
    if (!file.open(QIODevice::WriteOnly) || file.write(*picture) != picture->size()
        || !file.commit())
        return core::fail(Error::Code::Io,
            path.toStdString() + ": cannot be written (" + file.errorString().toStdString()
                + "). Choose another folder.");
    return {};
}

} // namespace ui
