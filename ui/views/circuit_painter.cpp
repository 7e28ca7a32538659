#include "ui/views/circuit_painter.h"

#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"
#include "ui/views/circuit_labels.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>
#include <QLineF>
#include <QPainterPath>

namespace ui {

namespace {

constexpr int kShades = 8;

/// A gentle curve from the source up to the target.
QPainterPath edgePath(const CircuitScene& scene, const core::GraphEdge& edge)
{
    const QPointF from = scene.center(edge.source) - QPointF(0, scene.radius(edge.source));
    const QPointF to = scene.center(edge.target) + QPointF(0, scene.radius(edge.target));
    const double bend = std::max(18.0, std::abs(from.y() - to.y()) * 0.4);
    QPainterPath path(from);
    path.cubicTo(from - QPointF(0, bend), to + QPointF(0, bend), to);
    return path;
}

double share(const CircuitScene& scene, const core::GraphEdge& edge)
{
    const double strongest = std::max(1e-12, static_cast<double>(scene.strongestWeight()));
    // The square root keeps weak edges visible beside one very strong one.
    return std::sqrt(std::abs(static_cast<double>(edge.weight)) / strongest);
}

void paintStrongEdges(
    QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    if (node < 0)
        return;
    const auto draw = [&](int index) {
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(index)];
        if (!isNodeShown(scene, paint, edge.source) || !isNodeShown(scene, paint, edge.target))
            return;
        const double strength = share(scene, edge);
        QPen pen(divergingColor(edge.weight < 0 ? -1.0 : 1.0, paint.palette), 1.2 + 2.8 * strength);
        if (edge.weight < 0)
            pen.setStyle(Qt::DashLine); // the sign is told by shape as well as by colour
        painter.setPen(pen);
        painter.drawPath(edgePath(scene, edge));
    };
    constexpr int kPerSide = 24;
    for (const auto* edges : {&scene.incoming(node), &scene.outgoing(node)})
        for (int i = std::min(kPerSide, countOf(*edges)) - 1; i >= 0; --i)
            draw((*edges)[static_cast<std::size_t>(i)]);
}

/// The members' discs, joined by the shortest tree between them, as one shape.
QPainterPath groupShape(const CircuitScene& scene, const std::vector<int>& nodes)
{
    QPainterPath shape;
    QPainterPath links;
    std::vector<int> inside, outside = nodes;
    while (!outside.empty()) {
        std::size_t best = 0;
        int from = -1;
        double nearest = 1e300;
        for (std::size_t o = 0; o < outside.size(); ++o)
            for (const int in : inside)
                if (const double d = QLineF(scene.center(in), scene.center(outside[o])).length();
                    d < nearest) {
                    nearest = d;
                    best = o;
                    from = in;
                }
        const int node = outside[best];
        const double r = scene.radius(node) + kGroupPadding;
        shape.addEllipse(scene.center(node), r, r);
        if (from >= 0) {
            links.moveTo(scene.center(from));
            links.lineTo(scene.center(node));
        }
        inside.push_back(node);
        outside.erase(outside.begin() + static_cast<std::ptrdiff_t>(best));
    }
    QPainterPathStroker stroker;
    stroker.setWidth(2 * kGroupPadding);
    stroker.setCapStyle(Qt::RoundCap);
    return links.isEmpty() ? shape : shape.united(stroker.createStroke(links)).simplified();
}

void paintLabels(QPainter& painter, const CircuitPaint& paint, const CircuitLabels& labels,
    const CircuitScene& scene)
{
    const QFontMetricsF metrics(labels.font);
    for (const CircuitLabel& label : labels.placed) {
        QFont font = labels.font;
        font.setBold(label.node < 0 || scene.node(label.node).isPinned);
        painter.setFont(label.node < 0 ? font : labels.font);
        // A veil of the background keeps the text readable where edges pass under it.
        QColor veil = paint.palette.color(QPalette::Base);
        veil.setAlphaF(0.72f);
        painter.fillRect(label.place, veil);
        painter.setPen(paint.palette.color(QPalette::WindowText));
        double y = label.place.top() + metrics.ascent();
        for (const QString& line : label.lines) {
            painter.drawText(
                QPointF(label.place.center().x() - metrics.horizontalAdvance(line) / 2, y), line);
            y += metrics.height();
        }
    }
}

bool contains(const std::vector<int>& nodes, int node)
{
    return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

void paintRings(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int index,
    double radius)
{
    painter.setBrush(Qt::NoBrush);
    const auto ring = [&](double distance, const QPen& pen) {
        painter.setPen(pen);
        painter.drawEllipse(scene.center(index), radius + distance, radius + distance);
    };
    const QColor text = paint.palette.color(QPalette::WindowText);
    if (scene.node(index).isPinned)
        ring(3.5, QPen(text, 1.4));
    if (contains(paint.highlighted, index))
        ring(5.0, QPen(paint.palette.color(QPalette::Highlight), 2.4));
    if (contains(paint.marked, index))
        ring(7.5, QPen(text, 1.4, Qt::DotLine));
}

} // namespace

QColor nodeColor(const core::GraphNode& node, const QPalette& palette)
{
    switch (node.kind) {
    case core::NodeKind::Token:
        return seriesColor(1, palette);
    case core::NodeKind::Logit:
        return seriesColor(2, palette);
    case core::NodeKind::Error:
        return semanticColors(palette).subtle;
    case core::NodeKind::Feature:
        break;
    }
    return seriesColor(0, palette);
}

void paintNodeShape(QPainter& painter, core::NodeKind kind, QPointF center, double radius)
{
    const QRectF box(center.x() - radius, center.y() - radius, 2 * radius, 2 * radius);
    switch (kind) {
    case core::NodeKind::Feature:
        painter.drawEllipse(box);
        return;
    case core::NodeKind::Error:
        painter.drawPolygon(QPolygonF({center - QPointF(0, radius), center + QPointF(radius, 0),
            center + QPointF(0, radius), center - QPointF(radius, 0)}));
        return;
    case core::NodeKind::Token:
        painter.drawRect(box);
        return;
    case core::NodeKind::Logit:
        painter.drawRoundedRect(box, radius * 0.6, radius * 0.6);
        return;
    }
}

QColor groupColor(int group, const QPalette& palette)
{
    return seriesColor(3 + group % 3, palette);
}

bool isNodeShown(const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    return paint.showsErrors || scene.node(node).kind != core::NodeKind::Error;
}

QFont scaledFont(QFont font, double factor)
{
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * factor);
    else
        font.setPixelSize(std::max(1, static_cast<int>(std::lround(font.pixelSize() * factor))));
    return font;
}

std::int64_t hiddenEdges(const CircuitScene& scene, const CircuitPaint& paint)
{
    const auto& edges = scene.graph().edges;
    std::int64_t drawn = 0;
    for (int e = 0; e < std::min(paint.edgeBudget, countOf(edges)); ++e) {
        const core::GraphEdge& edge = edges[static_cast<std::size_t>(e)];
        drawn += isNodeShown(scene, paint, edge.source) && isNodeShown(scene, paint, edge.target)
            ? 1
            : 0;
    }
    return static_cast<std::int64_t>(edges.size()) - drawn;
}

void paintCircuitEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    // graph().edges is strongest first; the weak ones are drawn first so that the strong lie on
    // top.
    painter.setBrush(Qt::NoBrush);
    for (int e = std::min(paint.edgeBudget, countOf(scene.graph().edges)) - 1; e >= 0; --e) {
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(e)];
        if (!isNodeShown(scene, paint, edge.source) || !isNodeShown(scene, paint, edge.target))
            continue;
        const double strength = std::ceil(share(scene, edge) * kShades) / kShades;
        const double shade = 0.10 + 0.70 * strength;
        QPen pen(divergingColor(edge.weight < 0 ? -shade : shade, paint.palette),
            strength > 0.6 ? 1.8 : 1.0);
        if (edge.weight < 0)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawPath(edgePath(scene, edge));
    }
}

void paintCircuitGround(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    const QRectF bounds = scene.bounds();
    painter.setPen(QPen(semanticColors(paint.palette).grid, 1));
    for (int row = 0; row + 1 < scene.rowCount(); ++row) {
        const double y = scene.rowCenter(row) - scene.rowHeight(row) / 2;
        painter.drawLine(QPointF(bounds.left(), y), QPointF(bounds.right(), y));
    }
    painter.setPen(QPen(semanticColors(paint.palette).grid, 1, Qt::DotLine));
    for (int column = 1; column < scene.columnCount(); ++column) {
        const double x = scene.columnCenter(column) - scene.columnWidth(column) / 2;
        painter.drawLine(QPointF(x, bounds.top()), QPointF(x, bounds.bottom()));
    }
    const auto& groups = scene.graph().supernodes;
    for (int g = 0; g < countOf(groups); ++g) {
        std::vector<int> members;
        for (const std::int32_t node : groups[static_cast<std::size_t>(g)].nodes)
            if (isNodeShown(scene, paint, node))
                members.push_back(node);
        const QColor color = groupColor(g, paint.palette),
                     base = paint.palette.color(QPalette::Base);
        painter.setPen(QPen(color, 1.6));
        painter.setBrush(QColor((color.red() + 5 * base.red()) / 6,
            (color.green() + 5 * base.green()) / 6, (color.blue() + 5 * base.blue()) / 6));
        painter.drawPath(groupShape(scene, members));
    }
    painter.setBrush(Qt::NoBrush);
}

int paintCircuitNodes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    painter.setBrush(Qt::NoBrush);
    paintStrongEdges(painter, scene, paint, paint.hovered);
    paintStrongEdges(painter, scene, paint, paint.selected);
    for (int index = 0; index < scene.nodeCount(); ++index) {
        if (!isNodeShown(scene, paint, index))
            continue;
        const double radius = std::max(scene.radius(index), paint.minRadius);
        const bool isChosen = index == paint.selected || index == paint.hovered;
        painter.setBrush(nodeColor(scene.node(index), paint.palette));
        painter.setPen(QPen(paint.palette.color(isChosen ? QPalette::WindowText : QPalette::Base),
            isChosen ? 2.5 : 1.0));
        paintNodeShape(painter, scene.node(index).kind, scene.center(index), radius);
        paintRings(painter, scene, paint, index, radius);
    }
    if (!paint.showsLabels)
        return 0;
    const CircuitLabels labels = placeCircuitLabels(scene, paint);
    paintLabels(painter, paint, labels, scene);
    return labels.leftOut;
}

QMarginsF circuitAxisMargins(const CircuitScene& scene, const CircuitPaint& paint)
{
    const QFontMetricsF metrics(paint.font);
    double widest = 0;
    for (int row = 0; row < scene.rowCount(); ++row)
        widest = std::max(widest, metrics.horizontalAdvance(scene.rowName(row)));
    return {widest + metrics.height(), 0, 0, metrics.height() * 1.6};
}

void paintCircuitAxes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const QRectF& view, double zoom, QPointF offset)
{
    const QFontMetricsF metrics(paint.font);
    const QMarginsF margins = circuitAxisMargins(scene, paint);
    const QColor base = paint.palette.color(QPalette::Base);
    const QRectF bounds = scene.bounds();
    painter.setFont(paint.font);
    const double bottom
        = std::min(view.bottom() - margins.bottom(), bounds.bottom() * zoom + offset.y());
    const double left = std::max(view.left() + margins.left(), bounds.left() * zoom + offset.x());
    const QColor grid = semanticColors(paint.palette).grid;
    painter.fillRect(
        QRectF(QPointF(left - margins.left(), view.top()), QPointF(left, view.bottom())), base);
    painter.setPen(semanticColors(paint.palette).subtle);
    double lastName = 1e300;
    for (int row = 0; row < scene.rowCount();
         ++row) { // from the bottom; names that would touch are left out
        const double y = scene.rowCenter(row) * zoom + offset.y();
        if (y > bottom - metrics.height() / 2 || y > lastName - metrics.height() || y < view.top())
            continue;
        painter.drawText(
            QPointF(left - margins.left() + metrics.height() / 2, y + metrics.ascent() / 2 - 1),
            scene.rowName(row));
        lastName = y;
    }
    painter.fillRect(QRectF(QPointF(view.left(), bottom), view.bottomRight()), base);
    painter.setPen(QPen(grid, 1));
    painter.drawLine(QPointF(left, bottom),
        QPointF(std::min(view.right(), bounds.right() * zoom + offset.x()), bottom));
    painter.setPen(paint.palette.color(QPalette::WindowText));
    for (int column = 0; column < scene.columnCount(); ++column) {
        const double x = scene.columnCenter(column) * zoom + offset.x();
        const QString text = metrics.elidedText(
            scene.columnName(column), Qt::ElideRight, scene.columnWidth(column) * zoom - 2);
        const double from = x - metrics.horizontalAdvance(text) / 2;
        if (from >= left - 1)
            painter.drawText(
                QPointF(from, bottom + metrics.height() * 0.3 + metrics.ascent()), text);
    }
}

} // namespace ui
