#include "ui/circuit/canvas/circuit_painter.h"

#include "ui/circuit/canvas/circuit_labels.h"
#include "ui/circuit/canvas/circuit_walk.h"
#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>
#include <QLineF>
#include <QPainterPath>
#include <QSet>

namespace ui {

namespace {

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

void paintLabel(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const CircuitLabel& label, const QFont& font)
{
    QFont used = font;
    used.setBold(label.node < 0 || scene.node(label.node).isPinned);
    const QFontMetricsF metrics(font);
    painter.setFont(used);
    // Edges end at the label instead of crossing its words.
    painter.fillRect(label.place, paint.palette.color(QPalette::Base));
    painter.setPen(paint.palette.color(QPalette::WindowText));
    double y = label.place.top() + metrics.ascent();
    const QFontMetricsF usedMetrics(used);
    for (const QString& line : label.lines) {
        painter.drawText(
            QPointF(label.place.center().x() - usedMetrics.horizontalAdvance(line) / 2, y), line);
        y += metrics.height();
    }
}

void paintNode(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int index)
{
    const core::GraphNode& node = scene.node(index);
    const double radius = std::max(scene.radius(index), paint.minRadius);
    const bool isChosen = index == paint.selected || index == paint.hovered;
    paintGraphNode(painter, paint.palette, node.kind, node.side, scene.center(index), radius,
        QPen(paint.palette.color(isChosen ? QPalette::WindowText : QPalette::Base),
            (isChosen ? 2.5 : 1.0) * paint.lineScale));
    if (isChosen && node.side != core::GraphSide::Both) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(paint.palette.color(QPalette::WindowText), 2.5 * paint.lineScale));
        paintNodeShape(painter, node.kind, scene.center(index), radius + 2);
    }
    if (node.isPinned)
        paintPin(painter, paint.palette, scene.center(index), radius);
}

void paintRings(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    painter.setBrush(Qt::NoBrush);
    const QColor text = paint.palette.color(QPalette::WindowText),
                 highlight = paint.palette.color(QPalette::Highlight);
    const auto ring = [&](const std::vector<int>& nodes, double distance, const QPen& pen) {
        painter.setPen(pen);
        for (const int index : nodes) {
            if (!isNodeInView(scene, paint, index))
                continue;
            const double r
                = std::max(scene.radius(index), paint.minRadius) + distance * paint.lineScale;
            painter.drawEllipse(scene.center(index), r, r);
        }
    };
    ring(paint.highlighted, 5.0, QPen(highlight, 2.4 * paint.lineScale));
    ring(paint.marked, 7.5, QPen(text, 1.4 * paint.lineScale, Qt::DotLine));
}

/// Everything else fades; what was found stands on top, ringed and named.
void paintFound(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const CircuitLabels& labels)
{
    QColor veil = paint.palette.color(QPalette::Base);
    veil.setAlphaF(0.7f);
    painter.fillRect(paint.view.isNull() ? scene.bounds() : paint.view, veil);
    const QSet<int> found(paint.found.begin(), paint.found.end());
    for (const int index : paint.found) {
        if (!isNodeInView(scene, paint, index))
            continue;
        paintNode(painter, scene, paint, index);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(paint.palette.color(QPalette::Highlight), 2.2 * paint.lineScale));
        const double r = std::max(scene.radius(index), paint.minRadius) + 4.5 * paint.lineScale;
        painter.drawEllipse(scene.center(index), r, r);
    }
    QSet<int> named;
    for (const CircuitLabel& label : labels.placed)
        if (found.contains(label.node)) {
            paintLabel(painter, scene, paint, label, labels.font);
            named.insert(label.node);
        }
    constexpr std::size_t kMostNames = 200; // more could not be read
    std::vector<int> missing;
    for (const int node : paint.found)
        if (!named.contains(node) && missing.size() < kMostNames)
            missing.push_back(node);
    const CircuitLabels more = placeCircuitLabelsOf(scene, paint, missing, labels.placed);
    for (const CircuitLabel& label : more.placed)
        paintLabel(painter, scene, paint, label, more.font);
}

void paintMark(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const CircuitScene::Cell& cell)
{
    const QRectF mark = cellMark(scene, paint, cell);
    const std::vector<int> nodes = shownNodes(scene, paint, cell);
    if (mark.isNull()) {
        for (const int node : nodes)
            paintNode(painter, scene, paint, node);
        return;
    }
    const QColor color = nodeColor(scene.node(nodes.front()), paint.palette),
                 base = paint.palette.color(QPalette::Base);
    painter.setPen(QPen(color, 1.2 * paint.lineScale));
    painter.setBrush(base);
    painter.drawRoundedRect(mark, mark.height() * 0.3, mark.height() * 0.3);
    const QFont font = scaledFont(paint.font, paint.lineScale * 0.8);
    const QFontMetricsF metrics(font);
    const QString count = formatCount(countOf(nodes));
    painter.setFont(font);
    painter.setPen(paint.palette.color(QPalette::WindowText));
    painter.drawText(QPointF(mark.center().x() - metrics.horizontalAdvance(count) / 2,
                         mark.center().y() + metrics.capHeight() / 2),
        count);
    for (const int node : nodes) // what a person chose stays in sight
        if (scene.node(node).isPinned)
            paintNode(painter, scene, paint, node);
}

} // namespace

bool isNodeShown(const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    return paint.showsErrors || scene.node(node).kind != core::NodeKind::Error;
}

bool isNodeInView(const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    if (!isNodeShown(scene, paint, node))
        return false;
    if (paint.view.isNull())
        return true;
    const double r = scene.radius(node) * (paint.cutsAtView ? -1.0 : 1.0);
    return paint.view.adjusted(-r, -r, r, r).contains(scene.center(node));
}

QFont scaledFont(QFont font, double factor)
{
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * factor);
    else
        font.setPixelSize(std::max(1, static_cast<int>(std::lround(font.pixelSize() * factor))));
    return font;
}

std::vector<int> shownNodes(
    const CircuitScene& scene, const CircuitPaint& paint, const CircuitScene::Cell& cell)
{
    std::vector<int> nodes;
    for (const int node : cell.nodes)
        if (isNodeShown(scene, paint, node))
            nodes.push_back(node);
    return nodes;
}

QRectF cellMark(
    const CircuitScene& scene, const CircuitPaint& paint, const CircuitScene::Cell& cell)
{
    const std::vector<int> nodes = shownNodes(scene, paint, cell);
    if (nodes.size() < 2)
        return {};
    const QFontMetricsF metrics(scaledFont(paint.font, paint.lineScale * 0.8));
    const QSizeF size(
        metrics.horizontalAdvance(formatCount(countOf(nodes))) + metrics.height() * 0.7,
        metrics.height());
    return {cell.place.center() - QPointF(size.width() / 2, size.height() / 2), size};
}

void paintCircuitGround(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    const QRectF whole = scene.bounds();
    const QRectF bounds
        = paint.cutsAtView && !paint.view.isNull() ? whole.intersected(paint.view) : whole;
    painter.setPen(QPen(semanticColors(paint.palette).grid, paint.lineScale));
    for (int row = 0; row + 1 < scene.rowCount(); ++row) {
        const double y = scene.rowCenter(row) - scene.rowHeight(row) / 2;
        if (y >= bounds.top() && y <= bounds.bottom())
            painter.drawLine(QPointF(bounds.left(), y), QPointF(bounds.right(), y));
    }
    painter.setPen(QPen(semanticColors(paint.palette).grid, paint.lineScale, Qt::DotLine));
    for (int column = 1; column < scene.columnCount(); ++column) {
        const double x = scene.columnCenter(column) - scene.columnWidth(column) / 2;
        if (x >= bounds.left() && x <= bounds.right())
            painter.drawLine(QPointF(x, bounds.top()), QPointF(x, bounds.bottom()));
    }
    QPainterPath border;
    border.addRect(bounds);
    const auto& groups = scene.graph().supernodes;
    for (int g = 0; g < countOf(groups); ++g) {
        std::vector<int> members;
        for (const std::int32_t node : groups[static_cast<std::size_t>(g)].nodes)
            if (isNodeShown(scene, paint, node))
                members.push_back(node);
        const QColor color = groupColor(g, paint.palette),
                     base = paint.palette.color(QPalette::Base);
        painter.setPen(QPen(color, 1.6 * std::max(1.0, paint.lineScale)));
        painter.setBrush(QColor((color.red() + 5 * base.red()) / 6,
            (color.green() + 5 * base.green()) / 6, (color.blue() + 5 * base.blue()) / 6));
        const QPainterPath shape = groupShape(scene, members);
        painter.drawPath(paint.cutsAtView ? shape.intersected(border) : shape);
    }
    painter.setBrush(Qt::NoBrush);
}

void paintCircuitNodes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const CircuitLabels& labels)
{
    if (paint.foldsCells) {
        for (const CircuitScene::Cell& cell : scene.cells())
            if (paint.view.isNull() || paint.view.intersects(cell.place))
                paintMark(painter, scene, paint, cell);
    } else {
        for (int index = 0; index < scene.nodeCount(); ++index)
            if (isNodeInView(scene, paint, index))
                paintNode(painter, scene, paint, index);
    }
    for (const CircuitLabel& label : labels.placed)
        paintLabel(painter, scene, paint, label, labels.font);
    if (paint.isFiltered)
        paintFound(painter, scene, paint, labels);
}

void paintCircuitOverlay(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const CircuitLabels& labels)
{
    QSet<int> again; // nodes that lie on top of what the overlay draws
    const int focus = paint.hovered >= 0 ? paint.hovered : paint.selected;
    std::vector<int> path, onPath; // edges and nodes
    if (focus >= 0 && !paint.foldsCells && !paint.isComparison) {
        path = pathThrough(scene, paint, focus);
        for (const int edge : path)
            for (const int node : {scene.graph().edges[static_cast<std::size_t>(edge)].target,
                     scene.graph().edges[static_cast<std::size_t>(edge)].source})
                if (!again.contains(node)) {
                    again.insert(node);
                    onPath.push_back(node);
                }
    }
    if (paint.hovered >= 0 && !path.empty()) {
        QColor veil = paint.palette.color(QPalette::Base);
        veil.setAlphaF(0.7f);
        painter.fillRect(paint.view.isNull() ? scene.bounds() : paint.view, veil);
    }
    for (const int node : {paint.hovered, paint.selected}) {
        paintStrongEdges(painter, scene, paint, node);
        for (const int other : strongNeighbours(scene, paint, node))
            again.insert(other);
    }
    paintPathEdges(painter, scene, paint, path);
    for (const std::vector<int>* nodes : {&paint.marked, &paint.highlighted})
        again += QSet<int>(nodes->begin(), nodes->end());
    std::vector<int> order(again.begin(), again.end());
    std::sort(order.begin(), order.end());
    for (const int node : order)
        if (isNodeInView(scene, paint, node))
            paintNode(painter, scene, paint, node);
    paintRings(painter, scene, paint);
    const auto isCrossed = [&](const CircuitLabel& label) {
        const auto passes
            = [&](int node) { return strongEdgesCross(scene, paint, node, label.place); };
        return !paint.isFiltered // there those that were not found have faded
            && (passes(paint.selected) || passes(paint.hovered));
    };
    for (const CircuitLabel& label : labels.placed)
        if ((label.node >= 0 && again.contains(label.node)) || isCrossed(label))
            paintLabel(painter, scene, paint, label, labels.font);
    for (const int node : {paint.hovered, paint.selected})
        paintStrongHeads(painter, scene, paint, node);
    // Names that the layer has no room for, or that are too small to show there.
    std::vector<int> missing, named{paint.selected, paint.hovered};
    for (const int node : onPath) // words have theirs on the axis
        if (scene.node(node).kind != core::NodeKind::Token)
            named.push_back(node);
    for (const int node : named)
        if (node >= 0 && std::find(missing.begin(), missing.end(), node) == missing.end()
            && std::none_of(labels.placed.begin(), labels.placed.end(),
                [&](const CircuitLabel& label) { return label.node == node; }))
            missing.push_back(node);
    if (missing.empty())
        return;
    const CircuitLabels placed = placeCircuitLabelsOf(scene, paint, missing, labels.placed);
    for (const CircuitLabel& label : placed.placed)
        paintLabel(painter, scene, paint, label, placed.font);
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
    const double right = std::min(view.right(), bounds.right() * zoom + offset.x());
    const QColor grid = semanticColors(paint.palette).grid;
    painter.fillRect(
        QRectF(QPointF(left - margins.left(), view.top()), QPointF(left, view.bottom())), base);
    painter.setPen(semanticColors(paint.palette).subtle);
    double lastName = 1e300;
    for (int row = 0; row < scene.rowCount();
         ++row) { // from the bottom; names that would touch are left out
        const double y = scene.rowCenter(row) * zoom + offset.y();
        if (y > bottom - metrics.height() / 2 || y > lastName - metrics.height()
            || y < view.top() + metrics.height() / 2)
            continue;
        painter.drawText(
            QPointF(left - margins.left() + metrics.height() / 2, y + metrics.ascent() / 2 - 1),
            scene.rowName(row));
        lastName = y;
    }
    painter.fillRect(QRectF(QPointF(view.left(), bottom), view.bottomRight()), base);
    painter.setPen(QPen(grid, 1));
    painter.drawLine(QPointF(left, bottom), QPointF(std::max(left, right), bottom));
    painter.setPen(paint.palette.color(QPalette::WindowText));
    double free = left - 1; // where the next name may begin
    for (int column = 0; column < scene.columnCount(); ++column) {
        // The middle of what is in view of the column.
        const double middle = scene.columnCenter(column) * zoom + offset.x(),
                     half = scene.columnWidth(column) * zoom / 2,
                     from = std::max(middle - half, left), to = std::min(middle + half, right);
        if (to - from < metrics.averageCharWidth())
            continue;
        const QString text
            = metrics.elidedText(scene.columnName(column), Qt::ElideRight, to - from - 2);
        const double width = metrics.horizontalAdvance(text), at = (from + to - width) / 2;
        if (at < free || at + width > right + 1)
            continue;
        painter.drawText(QPointF(at, bottom + metrics.height() * 0.3 + metrics.ascent()), text);
        free = at + width + 1;
    }
}

} // namespace ui
