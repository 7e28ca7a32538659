#include "ui/views/graph_export.h"

#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"
#include "ui/views/circuit_painter.h"

#include <algorithm>
#include <cmath>
#include <utility>

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
constexpr double kLegend = 108.0;
constexpr double kMinWidth = 960.0;
constexpr double kUsualWidth = 1400.0;
constexpr int kTextSize = 12; // pixels, so that it is the same on every device

QString translated(const char* text)
{
    return QCoreApplication::translate("GraphExport", text);
}

struct Sheet {
    CircuitScene scene;
    CircuitPaint paint;
    int unlabelled = 0; ///< Nodes whose label found no place.

    /// Title, legend and axes grow with the picture, so that they can be read when all of it is in
    /// view.
    double growth() const { return std::clamp(scene.bounds().width() / kUsualWidth, 1.0, 3.0); }
    CircuitPaint axisPaint() const
    {
        CircuitPaint larger = paint;
        larger.font = scaledFont(paint.font, std::min(2.0, growth()));
        return larger;
    }
    QSizeF size() const
    {
        const QMarginsF axes = circuitAxisMargins(scene, axisPaint());
        return {std::max(kMinWidth, scene.bounds().width() + axes.left() + 2 * kMargin),
            scene.bounds().height() + axes.bottom() + growth() * (kHeader + kLegend) + 2 * kMargin};
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
    const double growth = sheet.growth();
    title.setBold(true);
    title = scaledFont(title, growth * 4 / 3);
    painter.setFont(title);
    painter.setPen(sheet.paint.palette.color(QPalette::WindowText));
    const QRectF line(kMargin, kMargin, sheet.size().width() - 2 * kMargin, 28 * growth);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
        QFontMetricsF(title).elidedText(tokensOf(graph), Qt::ElideMiddle, line.width()));
    painter.setFont(scaledFont(sheet.paint.font, growth));
    painter.setPen(semanticColors(sheet.paint.palette).subtle);
    painter.drawText(line.translated(0, 26 * growth), Qt::AlignLeft | Qt::AlignVCenter,
        translated("Attribution graph · %1 · replacement score %2 · completeness %3 · error nodes "
                   "carry %4 of the influence")
            .arg(toQString(graph.model), formatNumber(graph.replacementScore),
                formatNumber(graph.completenessScore), formatPercent(graph.errorShare)));
}

void paintLegend(QPainter& painter, const Sheet& sheet)
{
    const core::AttributionGraph& graph = sheet.scene.graph();
    const QPalette& palette = sheet.paint.palette;
    const QColor text = palette.color(QPalette::WindowText);
    const QFontMetricsF metrics(sheet.paint.font);
    const double growth = sheet.growth();
    painter.save();
    painter.translate(kMargin, sheet.size().height() - kMargin - kLegend * growth);
    painter.scale(growth, growth);
    painter.setFont(sheet.paint.font);
    double x = 0;
    const double y = 24;
    const auto label = [&](const QString& words) {
        painter.setPen(text);
        painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1), words);
        x += metrics.horizontalAdvance(words) + 20;
    };
    for (const auto& [kind, words] : {std::pair(core::NodeKind::Feature, "feature"),
             std::pair(core::NodeKind::Token, "token embedding"),
             std::pair(core::NodeKind::Logit, "output logit"),
             std::pair(core::NodeKind::Error, "reconstruction error")}) {
        core::GraphNode node;
        node.kind = kind;
        painter.setPen(Qt::NoPen);
        painter.setBrush(nodeColor(node, palette));
        paintNodeShape(painter, kind, QPointF(x + 8, y), 7);
        x += 22;
        label(translated(words));
    }
    for (const auto& [sign, words] :
        {std::pair(1.0, "raises its target"), std::pair(-1.0, "lowers its target (dashed)")}) {
        QPen pen(divergingColor(sign * 0.8, palette), 2);
        if (sign < 0)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawLine(QPointF(x, y), QPointF(x + 26, y));
        x += 32;
        label(translated(words));
    }
    const auto shown = [](std::int64_t part, std::int64_t all) {
        //: %1 and %2 are counts: "58 of 1,204"
        return translated("%1 of %2").arg(formatCount(part), formatCount(std::max(part, all)));
    };
    const auto nodes
        = std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const core::GraphNode& node) {
              return sheet.paint.showsErrors || node.kind != core::NodeKind::Error;
          });
    const std::int64_t edges = countOf(graph.edges) - hiddenEdges(sheet.scene, sheet.paint);
    QStringList lines{
        translated("Size of a node: its influence on the outputs. Strength of an edge: its direct "
                   "effect (attention patterns and norm scales frozen)."),
        //: the placeholders are counts and percentages
        translated("Shown: %1 nodes and %2 edges (pruned to %3 of the nodes' and %4 of the edges' "
                   "influence).")
            .arg(shown(nodes, graph.unprunedNodes), shown(edges, graph.unprunedEdges),
                formatPercent(graph.settings.nodeThreshold),
                formatPercent(graph.settings.edgeThreshold))};
    if (!sheet.paint.showsErrors)
        lines.back() += QLatin1Char(' ') + translated("Error nodes are left out of the picture.");
    if (sheet.unlabelled > 0)
        lines.back() += QLatin1Char(' ')
            + translated("%1 nodes have no room for their label.").arg(sheet.unlabelled);
    QStringList dictionaries;
    for (const std::string& name : graph.dictionaries)
        dictionaries << toQString(name);
    dictionaries.removeDuplicates();
    if (!dictionaries.isEmpty())
        lines << translated("Dictionaries: %1").arg(dictionaries.join(QStringLiteral(", ")));
    if (!graph.note.empty())
        lines << toQString(graph.note);
    painter.setPen(semanticColors(palette).subtle);
    const double width = (sheet.size().width() - 2 * kMargin) / growth;
    for (int i = 0; i < lines.size(); ++i)
        painter.drawText(QPointF(0, y + 30 + i * metrics.height() * 1.15),
            metrics.elidedText(lines[i], Qt::ElideRight, width));
    painter.restore();
}

void paintSheet(QPainter& painter, Sheet& sheet)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(QRectF(QPointF(), sheet.size()), sheet.paint.palette.color(QPalette::Base));
    paintHeader(painter, sheet);
    const QMarginsF axes = circuitAxisMargins(sheet.scene, sheet.axisPaint());
    const QSizeF plot(
        sheet.scene.bounds().width() + axes.left(), sheet.scene.bounds().height() + axes.bottom());
    const QPointF corner(kMargin + (sheet.size().width() - 2 * kMargin - plot.width()) / 2,
        kMargin + kHeader * sheet.growth());
    const QPointF offset = corner + QPointF(axes.left(), 0);
    painter.save();
    painter.translate(offset);
    paintCircuitGround(painter, sheet.scene, sheet.paint);
    paintCircuitEdges(painter, sheet.scene, sheet.paint);
    sheet.unlabelled = paintCircuitNodes(painter, sheet.scene, sheet.paint);
    painter.restore();
    paintCircuitAxes(painter, sheet.scene, sheet.axisPaint(), QRectF(corner, plot), 1.0, offset);
    paintLegend(painter, sheet);
}

QByteArray pngBytes(Sheet& sheet, double scale)
{
    // A picture of more than this many pixels would not fit into memory on small machines.
    constexpr double kMostPixels = 2e8;
    const double area = sheet.size().width() * sheet.size().height();
    const double used = std::min(scale, std::sqrt(kMostPixels / area));
    QImage image((sheet.size() * used).toSize(), QImage::Format_RGB32);
    if (image.isNull())
        return {};
    image.fill(sheet.paint.palette.color(QPalette::Base));
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

QByteArray svgBytes(Sheet& sheet)
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

QByteArray pdfBytes(Sheet& sheet)
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
    writer.setPageSize(
        QPageSize(sheet.size() * 72.0 / kResolution, QPageSize::Point, {}, QPageSize::ExactMatch));
    QPainter painter(&writer);
    paintSheet(painter, sheet);
    painter.end();
    return bytes;
}

} // namespace

core::Result<void> exportGraph(const std::shared_ptr<const core::AttributionGraph>& graph,
    const QString& path, const GraphExportOptions& options)
{
    using core::Error;
    if (!graph || graph->nodes.empty())
        return core::fail(
            Error::Code::NotFound, "There is no graph to export. Trace a prompt first.");
    Sheet sheet{CircuitScene(graph), {}, 0};
    sheet.paint.palette = options.palette;
    sheet.paint.font = QGuiApplication::font();
    sheet.paint.font.setPixelSize(kTextSize);
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
        return core::fail(Error::Code::Unsupported,
            path.toStdString() + ": the ending must be .png, .svg or .pdf.");
    if (bytes.isEmpty())
        return core::fail(Error::Code::OutOfMemory,
            "The picture is too large for the memory that is free. Export at a smaller scale, or "
            "as SVG or PDF.");
    QSaveFile file(path); // writes beside it and renames
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return core::fail(Error::Code::Io,
            path.toStdString() + ": cannot be written (" + file.errorString().toStdString()
                + "). Choose another folder.");
    return {};
}

} // namespace ui
