#include "ui/views/graph_export.h"

#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"
#include "ui/views/circuit_painter.h"

#include <cmath>

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QImage>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace ui {

namespace {

constexpr double kMargin = 24.0;
constexpr double kHeader = 64.0;
constexpr double kLegend = 96.0;
constexpr double kMinWidth = 900.0;

QString translated(const char* text) { return QCoreApplication::translate("GraphExport", text); }

struct Sheet {
    CircuitScene scene;
    CircuitPaint paint;

    QSizeF size() const
    {
        return {std::max(kMinWidth, scene.bounds().width() + 2 * kMargin), scene.bounds().height() + kHeader + kLegend + 2 * kMargin};
    }
};

QString tokensOf(const core::AttributionGraph& graph)
{
    QString text = toQString(graph.prompt);
    if (text.isEmpty())
        for (const std::string& token : graph.promptTokens)
            text += toQString(token);
    return text;
}

void paintHeader(QPainter& painter, const Sheet& sheet)
{
    const core::AttributionGraph& graph = sheet.scene.graph();
    QFont title = sheet.paint.font;
    title.setBold(true);
    title.setPointSizeF(title.pointSizeF() * 1.35);
    painter.setFont(title);
    painter.setPen(sheet.paint.palette.color(QPalette::WindowText));
    const QRectF line(kMargin, kMargin, sheet.size().width() - 2 * kMargin, 28);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(title).elidedText(tokensOf(graph), Qt::ElideMiddle, line.width()));
    painter.setFont(sheet.paint.font);
    painter.setPen(semanticColors(sheet.paint.palette).subtle);
    painter.drawText(line.translated(0, 26), Qt::AlignLeft | Qt::AlignVCenter,
        translated("Attribution graph · %1 · replacement score %2 · completeness %3 · error nodes carry %4 of the influence")
            .arg(toQString(graph.model), formatNumber(graph.replacementScore), formatNumber(graph.completenessScore), formatPercent(graph.errorShare)));
}

void paintLegend(QPainter& painter, const Sheet& sheet)
{
    const core::AttributionGraph& graph = sheet.scene.graph();
    const QPalette& palette = sheet.paint.palette;
    const QColor text = palette.color(QPalette::WindowText);
    const QFontMetricsF metrics(sheet.paint.font);
    painter.setFont(sheet.paint.font);
    double x = kMargin;
    const double y = sheet.size().height() - kMargin - kLegend + 24;
    const auto label = [&](const QString& words) {
        painter.setPen(text);
        painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1), words);
        x += metrics.horizontalAdvance(words) + 20;
    };
    for (const auto& [kind, words] : {std::pair(core::NodeKind::Feature, "feature"), std::pair(core::NodeKind::Token, "token embedding"),
             std::pair(core::NodeKind::Logit, "output logit"), std::pair(core::NodeKind::Error, "reconstruction error")}) {
        core::GraphNode node;
        node.kind = kind;
        painter.setPen(Qt::NoPen);
        painter.setBrush(nodeColor(node, palette));
        paintNodeShape(painter, kind, QPointF(x + 8, y), 7);
        x += 22;
        label(translated(words));
    }
    for (const auto& [sign, words] : {std::pair(1.0, "raises its target"), std::pair(-1.0, "lowers its target (dashed)")}) {
        QPen pen(divergingColor(sign * 0.8, palette), 2);
        if (sign < 0)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawLine(QPointF(x, y), QPointF(x + 26, y));
        x += 32;
        label(translated(words));
    }
    const std::int64_t drawn = std::min<std::int64_t>(sheet.paint.edgeBudget, static_cast<std::int64_t>(graph.edges.size()));
    const QStringList lines {
        translated("Size of a node: share of influence. Columns: token positions; rows: layers. Attention patterns and norm scales are frozen."),
        translated("Shown: %1 of %2 nodes and %3 of %4 edges (pruned to %5 of node influence and %6 of edge influence).")
            .arg(formatCount(static_cast<std::int64_t>(graph.nodes.size())), formatCount(std::max<std::int64_t>(graph.unprunedNodes, static_cast<std::int64_t>(graph.nodes.size()))),
                formatCount(drawn), formatCount(std::max<std::int64_t>(graph.unprunedEdges, static_cast<std::int64_t>(graph.edges.size()))),
                formatPercent(graph.settings.nodeThreshold), formatPercent(graph.settings.edgeThreshold))};
    painter.setPen(semanticColors(palette).subtle);
    for (int i = 0; i < lines.size(); ++i)
        painter.drawText(QPointF(kMargin, y + 26 + (i + 0.5) * metrics.height()), lines[i]);
}

void paintSheet(QPainter& painter, const Sheet& sheet)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(QRectF(QPointF(), sheet.size()), sheet.paint.palette.color(QPalette::Base));
    paintHeader(painter, sheet);
    painter.save();
    painter.translate(kMargin + (sheet.size().width() - 2 * kMargin - sheet.scene.bounds().width()) / 2, kMargin + kHeader);
    paintCircuitEdges(painter, sheet.scene, sheet.paint);
    paintCircuitNodes(painter, sheet.scene, sheet.paint);
    painter.restore();
    paintLegend(painter, sheet);
}

QByteArray pngBytes(const Sheet& sheet, double scale)
{
    // A picture of more than this many pixels would not fit into memory on small machines.
    constexpr double kMostPixels = 2e8;
    const double area = sheet.size().width() * sheet.size().height();
    const double used = std::min(scale, std::sqrt(kMostPixels / area));
    QImage image((sheet.size() * used).toSize(), QImage::Format_RGB32);
    if (image.isNull())
        return {};
    QPainter painter(&image);
    painter.scale(used, used);
    paintSheet(painter, sheet);
    painter.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray svgBytes(const Sheet& sheet)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(sheet.size().toSize());
    generator.setViewBox(QRectF(QPointF(), sheet.size()));
    generator.setTitle(tokensOf(sheet.scene.graph()));
    generator.setDescription(QStringLiteral("Attribution graph, Featurescope"));
    QPainter painter(&generator);
    paintSheet(painter, sheet);
    painter.end();
    return bytes;
}

QByteArray pdfBytes(const Sheet& sheet)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setTitle(tokensOf(sheet.scene.graph()));
    writer.setCreator(QStringLiteral("Featurescope"));
    constexpr int kResolution = 96; // scene units are pixels at 96 dots per inch
    writer.setResolution(kResolution);
    writer.setPageMargins(QMarginsF());
    writer.setPageSize(QPageSize(sheet.size() * 72.0 / kResolution, QPageSize::Point, {}, QPageSize::ExactMatch));
    QPainter painter(&writer);
    paintSheet(painter, sheet);
    painter.end();
    return bytes;
}

} // namespace

core::Result<void> exportGraph(const std::shared_ptr<const core::AttributionGraph>& graph, const QString& path, const GraphExportOptions& options)
{
    using core::Error;
    if (!graph || graph->nodes.empty())
        return core::fail(Error::Code::NotFound, "There is no graph to export. Trace a prompt first.");
    Sheet sheet {CircuitScene(graph), {}};
    sheet.paint.palette = options.palette;
    sheet.paint.font = QGuiApplication::font();
    sheet.paint.font.setPixelSize(-1);
    if (sheet.paint.font.pointSizeF() <= 0)
        sheet.paint.font.setPointSizeF(9);
    sheet.paint.showsErrors = options.showsErrors;

    const QString ending = QFileInfo(path).suffix().toLower();
    QByteArray bytes;
    if (ending == QLatin1String("png"))
        bytes = pngBytes(sheet, options.scale);
    else if (ending == QLatin1String("svg"))
        bytes = svgBytes(sheet);
    else if (ending == QLatin1String("pdf"))
        bytes = pdfBytes(sheet);
    else
        return core::fail(Error::Code::Unsupported, path.toStdString() + ": the ending must be .png, .svg or .pdf.");
    if (bytes.isEmpty())
        return core::fail(Error::Code::OutOfMemory, "The picture is too large for the memory that is free. Export at a smaller scale, or as SVG or PDF.");
    QSaveFile file(path); // writes beside it and renames
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return core::fail(Error::Code::Io, path.toStdString() + ": cannot be written (" + file.errorString().toStdString() + "). Choose another folder.");
    return {};
}

} // namespace ui
