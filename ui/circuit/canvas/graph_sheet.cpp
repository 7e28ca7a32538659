#include "ui/circuit/canvas/graph_sheet.h"

#include "ui/circuit/translated.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QFontMetricsF>
#include <QGuiApplication>

namespace ui {

namespace {

constexpr double kMargin = 24.0;
constexpr double kHeader = 64.0;
constexpr double kMinWidth = 960.0;
constexpr double kUsualWidth = 1400.0;
constexpr int kTextSize = 12; // pixels, so that it is the same on every device

/// "58 of 1,204"
QString partOf(std::int64_t part, std::int64_t all)
{
    //: %1 and %2 are counts
    return translated("%1 of %2").arg(formatCount(part), formatCount(std::max(part, all)));
}

/// Broken at spaces, and inside words that are longer than a line.
QStringList brokenLines(const QString& text, const QFontMetricsF& metrics, double width)
{
    QStringList lines;
    QString line;
    const auto flush = [&] {
        if (!line.isEmpty())
            lines << std::exchange(line, QString());
    };
    QString whole = text;
    whole.replace(QLatin1String(" %"), QStringLiteral("\u00a0%")); // a number keeps its unit
    for (QString word : whole.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
        if (metrics.horizontalAdvance(longer) <= width) {
            line = longer;
            continue;
        }
        flush();
        while (word.size() > 1 && metrics.horizontalAdvance(word) > width) {
            qsizetype fits
                = std::max<qsizetype>(1, static_cast<qsizetype>(width / metrics.maxWidth()));
            while (fits < word.size() && metrics.horizontalAdvance(word.left(fits + 1)) <= width)
                ++fits;
            lines << word.left(fits);
            word.remove(0, fits);
        }
        line = word;
    }
    flush();
    return lines;
}

} // namespace

GraphSheet::GraphSheet(
    std::shared_ptr<const core::AttributionGraph> graph, const GraphExportOptions& options)
    : m_options(options)
    , m_scene(std::move(graph))
{
    m_paint.palette = options.palette;
    m_paint.font = QGuiApplication::font();
    m_paint.font.setPixelSize(kTextSize);
    m_paint.showsErrors = options.showsErrors;
    m_paint.isComparison = options.isComparison;
    m_part = m_scene.bounds();
    if (options.what == GraphExportOptions::What::Visible && !options.visible.isNull()) {
        m_part = m_part.intersected(options.visible);
        m_paint.view = m_part;
        m_paint.cutsAtView = true;
    }
    if (isSubgraph()) {
        m_subgraph = makeSubgraph(m_scene.graph());
        tellStory(*m_subgraph, m_scene.graph(), options.story);
        measureSubgraph(*m_subgraph, m_paint.font);
        layOutSubgraph(*m_subgraph);
        applyPositions(*m_subgraph, options.positions);
        m_part = boundsOf(*m_subgraph).adjusted(-12, -16, 16, 12);
    } else if (!isEmpty()) {
        m_edges = chooseEdges(m_scene, m_paint);
        m_labels = placeCircuitLabels(m_scene, m_paint);
    }
    m_legend = m_subgraph ? CircuitLegend(m_scene, *m_subgraph) : CircuitLegend(m_scene, m_paint);
    measure();
}

bool GraphSheet::isEmpty() const
{
    if (m_subgraph)
        return m_subgraph->boxes.empty();
    if (m_part.isEmpty())
        return true;
    for (int node = 0; node < m_scene.nodeCount(); ++node)
        if (isNodeInView(m_scene, m_paint, node))
            return false;
    return true;
}

QString GraphSheet::title() const
{
    const core::AttributionGraph& graph = m_scene.graph();
    QString text = toQString(graph.prompt);
    if (text.isEmpty())
        for (const std::string& token : graph.promptTokens)
            text += toQString(token);
    text.replace(QLatin1Char('\n'), QStringLiteral("⏎"));
    return text;
}

CircuitPaint GraphSheet::axisPaint() const
{
    CircuitPaint larger = m_paint;
    larger.font = scaledFont(m_paint.font, std::min(2.0, m_growth));
    return larger;
}

void GraphSheet::measure()
{
    m_growth = std::clamp(m_part.width() / kUsualWidth, 1.0, 3.0);
    const QMarginsF axes = m_subgraph ? QMarginsF() : circuitAxisMargins(m_scene, axisPaint());
    m_size.setWidth(std::max(kMinWidth, m_part.width() + axes.left() + 2 * kMargin));
    m_size.setHeight(
        m_part.height() + axes.bottom() + m_growth * (kHeader + footerHeight()) + 2 * kMargin);
}

double GraphSheet::footerWidth() const
{
    return (m_size.width() - 2 * kMargin) / m_growth;
}

double GraphSheet::footerHeight() const
{
    const QFontMetricsF metrics(m_paint.font);
    return 14 + m_legend.size(m_paint.font, footerWidth()).height() + 6
        + static_cast<double>(wrappedNotes().size() + sentences().size()) * metrics.height() * 1.15
        + (sentences().isEmpty() ? 0.0 : metrics.height());
}

int GraphSheet::labelled() const
{
    return static_cast<int>(std::count_if(m_labels.placed.begin(), m_labels.placed.end(),
        [](const CircuitLabel& label) { return label.node >= 0; }));
}

QString GraphSheet::countText() const
{
    const core::AttributionGraph& graph = m_scene.graph();
    const auto thresholds = translated("pruned to %1 of the nodes' and %2 of the edges' influence")
                                .arg(formatPercent(graph.settings.nodeThreshold),
                                    formatPercent(graph.settings.edgeThreshold));
    if (m_subgraph) {
        std::int64_t nodes = 0;
        for (const SubgraphBox& box : m_subgraph->boxes)
            nodes += countOf(box.members);
        //: %1 is a count of nodes, %2 of those that are left, %3 says how they were chosen, %4 and
        //: %5 are counts of nodes and boxes
        QString text
            = translated("The graph has %1 nodes (words, features, errors, outputs); %2 are left, "
                         "%3; %4 of them stand in the %5 boxes.")
                  .arg(formatCount(
                           std::max<std::int64_t>(graph.unprunedNodes, countOf(graph.nodes))),
                      formatCount(countOf(graph.nodes)), thresholds, formatCount(nodes),
                      formatCount(countOf(m_subgraph->boxes)));
        if (m_subgraph->hiddenArrows > 0)
            //: %1 is "8 of 12"
            text += QLatin1Char(' ')
                + translated("Of the arrows the strongest are drawn, %1.")
                      .arg(partOf(countOf(m_subgraph->arrows),
                          countOf(m_subgraph->arrows) + m_subgraph->hiddenArrows));
        return text;
    }
    std::int64_t nodes = 0;
    for (int node = 0; node < m_scene.nodeCount(); ++node)
        nodes += isNodeInView(m_scene, m_paint, node) ? 1 : 0;
    const std::int64_t allNodes = std::max<std::int64_t>(graph.unprunedNodes, countOf(graph.nodes)),
                       allEdges = std::max<std::int64_t>(graph.unprunedEdges, countOf(graph.edges));
    //: %1 and %2 are counts such as "58 of 1,204", %3 says how the graph was pruned
    QString text
        = translated("Shown: %1 nodes and %2 edges (%3).")
              .arg(partOf(nodes, allNodes), partOf(countOf(m_edges.drawn), allEdges), thresholds);
    if (m_paint.cutsAtView)
        text += QLatin1Char(' ') + translated("Only a part of the graph is shown.");
    if (m_edges.isCut)
        text += QLatin1Char(' ')
            + translated("Of the %1 edges that were kept only the strongest are drawn.")
                  .arg(formatCount(countOf(graph.edges)));
    if (!m_paint.showsErrors)
        text += QLatin1Char(' ') + translated("Error nodes are left out of the picture.");
    if (const int faded = countOf(m_edges.drawn) - m_edges.fadedFrom; faded > 0)
        //: %1 is a count, %2 a percentage
        text += QLatin1Char(' ')
            + translated("%1 edges with less than %2 of the strongest one's influence are faded.")
                  .arg(formatCount(faded), formatPercent(static_cast<double>(m_edges.fadedBelow)));
    if (m_labels.leftOut > 0)
        //: %1 is "23 of 140"
        text += QLatin1Char(' ')
            + translated("Labels of %1 nodes: the most influential that have room.")
                  .arg(partOf(labelled(), labelled() + m_labels.leftOut));
    return text;
}

QStringList GraphSheet::notes() const
{
    const core::AttributionGraph& graph = m_scene.graph();
    QStringList lines;
    const QString frozen = translated("attention patterns and norm scales frozen");
    lines << (m_subgraph
            //: %1 says what was held fixed
            ? translated(
                "Number on an arrow: the sum of the direct effects between the members (%1), into "
                "an output in logits, into a feature in units of its activation. Those into a box "
                "need not add up to how strongly it fires: biases, thresholds and what is not "
                "drawn count too. Width of an arrow: the share of what enters its target.")
                  .arg(frozen)
            : m_paint.isComparison
                ? translated(
                    "Size of a node: its influence on the outputs. Strength of an edge: its "
                    "direct effect in the second graph minus that in the first (%1).")
                      .arg(frozen)
                : translated(
                    "Size of a node: its influence on the outputs. Strength of an edge: the part "
                    "of it that passes along its direct effect (%1).")
                      .arg(frozen));
    lines << countText();
    if (graph.activeFeatures > 0 && graph.tracedFeatures > 0)
        //: %1 is "1,000 of 1,204"
        lines << translated("Traced: %1 active features.")
                     .arg(partOf(graph.tracedFeatures, graph.activeFeatures));
    if (!graph.method.empty())
        lines << translated("Method: %1").arg(toQString(graph.method));
    if (!graph.errorShareByLayer.empty()) {
        QStringList shares;
        for (int layer = 0; layer < countOf(graph.errorShareByLayer); ++layer)
            shares << QStringLiteral("L%1\u00a0%2")
                          .arg(layer)
                          .arg(formatPercent(static_cast<double>(
                              graph.errorShareByLayer[static_cast<std::size_t>(layer)])));
        //: %1 is "L0 2.1 %, L1 0.3 %"
        lines << translated("Influence of error nodes by layer: %1")
                     .arg(shares.join(QStringLiteral(", ")));
    }
    lines << translated("Prompt: %1").arg(title());
    QStringList dictionaries;
    for (const std::string& name : graph.dictionaries)
        dictionaries << toQString(name);
    dictionaries.removeDuplicates();
    if (!dictionaries.isEmpty())
        lines << translated("Dictionaries: %1").arg(dictionaries.join(QStringLiteral(", ")));
    if (!graph.note.empty())
        lines << toQString(graph.note);
    return lines;
}

QStringList GraphSheet::sentences() const
{
    if (!m_subgraph || !m_options.showsSentences || m_options.story.isEmpty())
        return {};
    const QFontMetricsF metrics(m_paint.font);
    QStringList lines;
    for (int line = 0; line < countOf(m_options.story.lines); ++line)
        lines += brokenLines(QStringLiteral("%1. %2").arg(line + 1).arg(
                                 storySentence(*m_subgraph, m_options.story, line)),
            metrics, footerWidth());
    return lines + brokenLines(toQString(m_options.story.summary), metrics, footerWidth());
}

QStringList GraphSheet::wrappedNotes() const
{
    const QFontMetricsF metrics(m_paint.font);
    QStringList lines;
    for (const QString& note : notes())
        lines += brokenLines(note, metrics, footerWidth());
    return lines;
}

void GraphSheet::paintHeader(QPainter& painter) const
{
    const core::AttributionGraph& graph = m_scene.graph();
    QFont large = m_paint.font;
    large.setBold(true);
    large = scaledFont(large, m_growth * 4 / 3);
    painter.setFont(large);
    painter.setPen(m_paint.palette.color(QPalette::WindowText));
    const QRectF line(kMargin, kMargin, m_size.width() - 2 * kMargin, 28 * m_growth);
    const QString headline = m_subgraph && !m_options.story.isEmpty()
        ? toQString(m_options.story.title) + QStringLiteral("   ") + title()
        : title();
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
        QFontMetricsF(large).elidedText(headline, Qt::ElideMiddle, line.width()));
    painter.setFont(scaledFont(m_paint.font, m_growth));
    painter.setPen(semanticColors(m_paint.palette).subtle);
    const QString scores
        = translated("replacement score %1 · completeness %2 · error nodes carry "
                     "%3 of the influence")
              .arg(formatNumber(graph.replacementScore), formatNumber(graph.completenessScore),
                  formatPercent(graph.errorShare));
    const QString what = m_subgraph ? translated("Subgraph of an attribution graph")
        : m_paint.cutsAtView        ? translated("Part of an attribution graph")
                                    : translated("Attribution graph");
    const QFontMetricsF metrics(painter.font());
    painter.drawText(line.translated(0, 26 * m_growth), Qt::AlignLeft | Qt::AlignVCenter,
        metrics.elidedText(
            QStringList{what, toQString(graph.model), scores}.join(QStringLiteral(" · ")),
            Qt::ElideRight, line.width()));
}

void GraphSheet::paintPlot(QPainter& painter)
{
    const QMarginsF axes = m_subgraph ? QMarginsF() : circuitAxisMargins(m_scene, axisPaint());
    const QSizeF plot(m_part.width() + axes.left(), m_part.height() + axes.bottom());
    const QPointF corner(
        kMargin + (m_size.width() - 2 * kMargin - plot.width()) / 2, kMargin + kHeader * m_growth);
    const QPointF offset = corner + QPointF(axes.left(), 0) - m_part.topLeft();
    painter.save();
    painter.translate(offset);
    if (m_subgraph) {
        SubgraphPaint paint;
        paint.palette = m_paint.palette;
        paint.font = m_paint.font;
        paint.showsNumbers = true;
        paintSubgraph(painter, *m_subgraph, paint);
    } else {
        paintCircuitGround(painter, m_scene, m_paint);
        paintCircuitEdges(painter, m_scene, m_paint, m_edges);
        paintCircuitNodes(painter, m_scene, m_paint, m_labels);
    }
    painter.restore();
    if (!m_subgraph)
        paintCircuitAxes(painter, m_scene, axisPaint(), QRectF(corner, plot), 1.0, offset);
}

void GraphSheet::paintFooter(QPainter& painter) const
{
    const QFontMetricsF metrics(m_paint.font);
    painter.save();
    painter.translate(kMargin, m_size.height() - kMargin - footerHeight() * m_growth);
    painter.scale(m_growth, m_growth);
    painter.setFont(m_paint.font);
    painter.translate(0, 14);
    m_legend.paint(painter, m_paint.font, m_paint.palette, footerWidth());
    double y = m_legend.size(m_paint.font, footerWidth()).height() + metrics.height() * 0.8;
    y += 6;
    painter.setPen(m_paint.palette.color(QPalette::WindowText));
    const QStringList told = sentences();
    for (const QString& line : told) {
        painter.drawText(QPointF(0, y), line);
        y += metrics.height() * 1.15;
    }
    if (!told.isEmpty())
        y += metrics.height();
    painter.setPen(semanticColors(m_paint.palette).subtle);
    for (const QString& line : wrappedNotes()) {
        painter.drawText(QPointF(0, y), line);
        y += metrics.height() * 1.15;
    }
    painter.restore();
}

void GraphSheet::paint(QPainter& painter)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(QRectF(QPointF(), m_size), m_paint.palette.color(QPalette::Base));
    paintHeader(painter);
    paintPlot(painter);
    paintFooter(painter);
}

} // namespace ui
