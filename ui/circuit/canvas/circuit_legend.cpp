#include "ui/circuit/canvas/circuit_legend.h"

#include "ui/circuit/canvas/subgraph_layout.h"
#include "ui/circuit/translated.h"
#include "ui/style/color_scale.h"

#include <algorithm>
#include <utility>

#include <QFontInfo>
#include <QFontMetricsF>

namespace ui {

namespace {

using core::NodeKind, core::GraphSide;

constexpr double kMarkFont = 12.0; // pixels; the marks' sizes are for text of this size
constexpr double kBetween = 6.0; // a mark and its text
constexpr double kApart = 20.0; // two entries of a line
constexpr double kLine = 1.6; // heights of a line of text

double scaleOf(const QFont& font)
{
    return QFontInfo(font).pixelSize() / kMarkFont;
}

void paintEdgeMark(QPainter& painter, const QPalette& palette, QPointF at, EdgeSign sign,
    double strength, double width, bool hasHead)
{
    const bool isNegative = sign == EdgeSign::Negative;
    const QColor color = divergingColor(isNegative ? -strength : strength, palette);
    QPen pen(color, width);
    pen.setCapStyle(Qt::FlatCap);
    if (isNegative)
        pen.setStyle(Qt::DashLine);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    QPainterPath line(at);
    line.lineTo(at + QPointF(28, 0));
    painter.drawPath(line);
    if (hasHead)
        paintEdgeHead(painter, line, sign, color, 8);
}

/// A weak one above a strong one.
void paintWidthMark(QPainter& painter, const QPalette& palette, QPointF at)
{
    paintEdgeMark(painter, palette, at - QPointF(0, 4), EdgeSign::Positive, 0.3, 1.0, false);
    paintEdgeMark(painter, palette, at + QPointF(0, 3), EdgeSign::Positive, 0.8, 3.0, false);
}

} // namespace

CircuitLegend::CircuitLegend(const CircuitScene& scene, const CircuitPaint& paint)
{
    std::vector<const core::GraphNode*> nodes;
    for (int node = 0; node < scene.nodeCount(); ++node)
        if (isNodeInView(scene, paint, node))
            nodes.push_back(&scene.node(node));
    addNodes(nodes, paint.isComparison);
    addMarks(nodes, !scene.graph().supernodes.empty());
    addEdges(paint.isComparison);
}

CircuitLegend::CircuitLegend(const CircuitScene& scene, const Subgraph& subgraph)
{
    std::vector<const core::GraphNode*> nodes, single;
    for (const SubgraphBox& box : subgraph.boxes) {
        for (const int node : box.members)
            nodes.push_back(&scene.node(node));
        if (box.members.size() == 1)
            single.push_back(nodes.back());
    }
    addNodes(single, false);
    addMarks(nodes, single.size() < subgraph.boxes.size());
    addArrows(subgraph);
}

void CircuitLegend::addNodes(const std::vector<const core::GraphNode*>& nodes, bool isComparison)
{
    for (const auto& [kind, text] : {std::pair(NodeKind::Feature, translated("feature")),
             std::pair(NodeKind::Token, translated("token embedding")),
             std::pair(NodeKind::Logit, translated("output logit")),
             std::pair(NodeKind::Error, translated("reconstruction error"))})
        if (std::any_of(nodes.begin(), nodes.end(),
                [kind = kind](const core::GraphNode* node) { return node->kind == kind; }))
            add(16, text, [kind = kind](QPainter& painter, const QPalette& palette, QPointF at) {
                paintGraphNode(
                    painter, palette, kind, GraphSide::Both, at + QPointF(8, 0), 7, Qt::NoPen);
            });
    addSides(nodes, isComparison);
}

void CircuitLegend::addSides(const std::vector<const core::GraphNode*>& nodes, bool isComparison)
{
    for (const auto& [side, text] :
        {std::pair(GraphSide::Both, translated("in both graphs (whole)")),
            std::pair(GraphSide::First, translated("only in the first graph (left half)")),
            std::pair(GraphSide::Second, translated("only in the second graph (right half)"))}) {
        const bool isUsed = std::any_of(nodes.begin(), nodes.end(),
            [side = side](const core::GraphNode* node) { return node->side == side; });
        if (isUsed && (isComparison || side != GraphSide::Both))
            add(16, text, [side = side](QPainter& painter, const QPalette& palette, QPointF at) {
                paintGraphNode(
                    painter, palette, NodeKind::Feature, side, at + QPointF(8, 0), 7, Qt::NoPen);
            });
    }
}

void CircuitLegend::addMarks(const std::vector<const core::GraphNode*>& nodes, bool hasGroups)
{
    if (std::any_of(nodes.begin(), nodes.end(), [](const auto* node) { return node->isPinned; }))
        add(20, translated("pinned"), [](QPainter& painter, const QPalette& palette, QPointF at) {
            const QPointF center = at + QPointF(8, 1);
            paintGraphNode(
                painter, palette, NodeKind::Feature, GraphSide::Both, center, 6, Qt::NoPen);
            paintPin(painter, palette, center, 6);
        });
    if (hasGroups)
        add(26, translated("supernode (several nodes as one)"),
            [](QPainter& painter, const QPalette& palette, QPointF at) {
                painter.setPen(QPen(groupColor(0, palette), 1.6));
                painter.setBrush(Qt::NoBrush);
                painter.drawRoundedRect(QRectF(at + QPointF(1, -6), QSizeF(24, 12)), 6, 6);
            });
}

void CircuitLegend::addEdges(bool isComparison)
{
    add(30,
        isComparison ? translated("adds more to its target in the second")
                     : translated("raises its target"),
        [](QPainter& painter, const QPalette& palette, QPointF at) {
            paintEdgeMark(painter, palette, at, EdgeSign::Positive, 0.8, 2, false);
        });
    add(30,
        isComparison ? translated("adds less to its target in the second (dashed)")
                     : translated("lowers its target (dashed)"),
        [](QPainter& painter, const QPalette& palette, QPointF at) {
            paintEdgeMark(painter, palette, at, EdgeSign::Negative, 0.8, 2, false);
        });
    add(30,
        isComparison ? translated("wider and fuller: a larger difference")
                     : translated("wider and fuller: more of the influence"),
        paintWidthMark);
    add(22, translated("larger: more influence on the outputs"),
        [](QPainter& painter, const QPalette& palette, QPointF at) {
            for (const auto& [x, radius] : {std::pair(3.0, 3.0), std::pair(15.0, 7.0)})
                paintGraphNode(painter, palette, NodeKind::Feature, GraphSide::Both,
                    at + QPointF(x, 0), radius, Qt::NoPen);
        });
}

void CircuitLegend::addArrows(const Subgraph& subgraph)
{
    for (const auto& [sign, text] :
        {std::pair(EdgeSign::Positive, translated("raises its target")),
            std::pair(EdgeSign::Negative, translated("lowers its target (dashed, ends in a bar)"))})
        if (std::any_of(subgraph.arrows.begin(), subgraph.arrows.end(),
                [sign = sign](const SubgraphArrow& arrow) {
                    return (arrow.weight < 0) == (sign == EdgeSign::Negative);
                }))
            add(30, text, [sign = sign](QPainter& painter, const QPalette& palette, QPointF at) {
                paintEdgeMark(painter, palette, at, sign, 0.8, 2, true);
            });
    add(30, translated("wider: a larger share of what enters the target"), paintWidthMark);
}

QStringList CircuitLegend::texts() const
{
    QStringList texts;
    for (const Entry& entry : m_entries)
        texts << entry.text;
    return texts;
}

double CircuitLegend::columnWidth(const QFont& font) const
{
    const QFontMetricsF metrics(font);
    const double scale = scaleOf(font);
    double widest = 0;
    for (const Entry& entry : m_entries)
        widest = std::max(
            widest, (entry.width + kBetween) * scale + metrics.horizontalAdvance(entry.text));
    return widest;
}

std::vector<CircuitLegend::Row> CircuitLegend::rows(const QFont& font, double width) const
{
    const QFontMetricsF metrics(font);
    const double scale = scaleOf(font);
    std::vector<Row> rows;
    double x = 0;
    for (const Entry& entry : m_entries) {
        const double taken
            = (entry.width + kBetween) * scale + metrics.horizontalAdvance(entry.text);
        if (rows.empty() || x + taken > width) {
            rows.emplace_back();
            x = 0;
        }
        rows.back().push_back(&entry);
        x += taken + kApart * scale;
    }
    return rows;
}

QSizeF CircuitLegend::size(const QFont& font, double width) const
{
    const QFontMetricsF metrics(font);
    const double scale = scaleOf(font);
    const std::vector<Row> all = rows(font, width);
    double widest = 0;
    for (const Row& row : all) {
        double x = -kApart * scale;
        for (const Entry* entry : row)
            x += (entry->width + kBetween + kApart) * scale
                + metrics.horizontalAdvance(entry->text);
        widest = std::max(widest, x);
    }
    return {widest, static_cast<double>(all.size()) * metrics.height() * kLine};
}

void CircuitLegend::paint(
    QPainter& painter, const QFont& font, const QPalette& palette, double width) const
{
    const QFontMetricsF metrics(font);
    const double scale = scaleOf(font);
    painter.save();
    painter.setFont(font);
    double y = metrics.height() * kLine / 2;
    for (const Row& row : rows(font, width)) {
        double x = 0;
        for (const Entry* entry : row) {
            painter.save();
            painter.translate(x, y);
            painter.scale(scale, scale);
            entry->paint(painter, palette, {});
            painter.restore();
            x += (entry->width + kBetween) * scale;
            painter.setPen(palette.color(QPalette::WindowText));
            painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1), entry->text);
            x += metrics.horizontalAdvance(entry->text) + kApart * scale;
        }
        y += metrics.height() * kLine;
    }
    painter.restore();
}

} // namespace ui
