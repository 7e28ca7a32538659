#include "ui/views/circuit_edges.h"

#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/views/circuit_painter.h"
#include "ui/views/circuit_shapes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QPolygonF>

namespace ui {

namespace {

constexpr int kShades = 8;
constexpr double kLeastBend = 18.0;
constexpr int kStrongPerSide = 24;

struct Curve {
    QPointF a, b, c, d; // cubic control points

    QPointF at(double t) const
    {
        const double u = 1 - t;
        return a * (u * u * u) + b * (3 * u * u * t) + c * (3 * u * t * t) + d * (t * t * t);
    }
};

Curve curveOf(const CircuitScene& scene, const core::GraphEdge& edge)
{
    const QPointF from = scene.center(edge.source) - QPointF(0, scene.radius(edge.source));
    const QPointF to = scene.center(edge.target) + QPointF(0, scene.radius(edge.target));
    const QPointF bend(0, std::max(kLeastBend, std::abs(from.y() - to.y()) * 0.4));
    return {from, from - bend, to + bend, to};
}

double share(const CircuitScene& scene, const core::GraphEdge& edge)
{
    const double strongest = std::max(1e-12, static_cast<double>(scene.strongestWeight()));
    // The square root keeps weak edges visible beside one very strong one.
    return std::sqrt(std::abs(static_cast<double>(edge.weight)) / strongest);
}

bool crosses(const CircuitScene& scene, const core::GraphEdge& edge, const QRectF& view)
{
    const QPointF from = scene.center(edge.source), to = scene.center(edge.target);
    if (std::max(from.x(), to.x()) < view.left() || std::min(from.x(), to.x()) > view.right()
        || std::max(from.y(), to.y()) + kLeastBend < view.top()
        || std::min(from.y(), to.y()) - kLeastBend > view.bottom())
        return false;
    if (view.contains(from) || view.contains(to))
        return true;
    const Curve curve = curveOf(scene, edge);
    constexpr int kSteps = 12;
    QPointF last = curve.a;
    for (int step = 1; step <= kSteps; ++step) {
        const QPointF next = curve.at(static_cast<double>(step) / kSteps);
        if (std::max(last.x(), next.x()) >= view.left()
            && std::min(last.x(), next.x()) <= view.right()
            && std::max(last.y(), next.y()) >= view.top()
            && std::min(last.y(), next.y()) <= view.bottom())
            return true;
        last = next;
    }
    return false;
}

/// The part of a straight line inside a rectangle (Liang and Barsky); false when there is none.
bool clipLine(QPointF& from, QPointF& to, const QRectF& view)
{
    double first = 0, last = 1;
    const QPointF d = to - from;
    const std::array<std::pair<double, double>, 4> borders{
        std::pair(-d.x(), from.x() - view.left()), std::pair(d.x(), view.right() - from.x()),
        std::pair(-d.y(), from.y() - view.top()), std::pair(d.y(), view.bottom() - from.y())};
    for (const auto& [slope, room] : borders) {
        if (slope == 0 && room < 0)
            return false;
        if (slope < 0)
            first = std::max(first, room / slope);
        else if (slope > 0)
            last = std::min(last, room / slope);
    }
    if (first > last)
        return false;
    const QPointF start = from;
    from = start + d * first;
    to = start + d * last;
    return true;
}

/// The curve as far as it lies inside `view`. Vector files have no clipping that every reader
/// knows.
QPainterPath cutPath(const Curve& curve, const QRectF& view)
{
    constexpr int kSteps = 32;
    QPainterPath path;
    QPointF last = curve.a;
    for (int step = 1; step <= kSteps; ++step) {
        const QPointF next = curve.at(static_cast<double>(step) / kSteps);
        QPointF from = last, to = next;
        last = next;
        if (!clipLine(from, to, view))
            continue;
        if (path.isEmpty() || path.currentPosition() != from)
            path.moveTo(from);
        path.lineTo(to);
    }
    return path;
}

QPainterPath shownPath(
    const CircuitScene& scene, const CircuitPaint& paint, const core::GraphEdge& edge)
{
    return paint.cutsAtView && !paint.view.isNull() ? cutPath(curveOf(scene, edge), paint.view)
                                                    : edgePath(scene, edge);
}

template <typename Visit>
void forStrongEdges(
    const CircuitScene& scene, const CircuitPaint& paint, int node, const Visit& visit)
{
    for (const auto edges : {scene.incoming(node), scene.outgoing(node)}) {
        int left = kStrongPerSide;
        for (const int index : edges) {
            const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(index)];
            if (!isNodeShown(scene, paint, edge.source) || !isNodeShown(scene, paint, edge.target))
                continue;
            visit(edge);
            if (--left == 0)
                break;
        }
    }
}

} // namespace

QPainterPath edgePath(const CircuitScene& scene, const core::GraphEdge& edge)
{
    const Curve curve = curveOf(scene, edge);
    QPainterPath path(curve.a);
    path.cubicTo(curve.b, curve.c, curve.d);
    return path;
}

EdgeChoice chooseEdges(const CircuitScene& scene, const CircuitPaint& paint)
{
    EdgeChoice choice;
    const auto& edges = scene.graph().edges; // strongest first
    if (!paint.showsErrors)
        for (int node = 0; node < scene.nodeCount(); ++node)
            if (!isNodeShown(scene, paint, node)) // errors have no inputs
                choice.atHiddenNodes
                    += countOf(scene.outgoing(node)) + countOf(scene.incoming(node));
    for (int e = 0; e < countOf(edges); ++e) {
        const core::GraphEdge& edge = edges[static_cast<std::size_t>(e)];
        if (!isNodeShown(scene, paint, edge.source) || !isNodeShown(scene, paint, edge.target)
            || (!paint.view.isNull() && !crosses(scene, edge, paint.view)))
            continue;
        if (countOf(choice.drawn) == paint.edgeBudget) {
            choice.isCut = true;
            break;
        }
        choice.drawn.push_back(e);
    }
    return choice;
}

void paintCircuitEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    std::span<const int> edges)
{
    painter.setBrush(Qt::NoBrush);
    // The weak ones first, so that the strong lie on top.
    for (auto index = edges.rbegin(); index != edges.rend(); ++index) {
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(*index)];
        const double strength = std::ceil(share(scene, edge) * kShades) / kShades;
        const double shade = 0.10 + 0.70 * strength;
        QPen pen(divergingColor(edge.weight < 0 ? -shade : shade, paint.palette),
            strength > 0.6 ? 1.8 : 1.0);
        if (edge.weight < 0)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawPath(shownPath(scene, paint, edge));
    }
}

void paintStrongEdges(
    QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    if (node < 0)
        return;
    std::vector<core::GraphEdge> edges;
    forStrongEdges(scene, paint, node, [&](const core::GraphEdge& edge) { edges.push_back(edge); });
    std::stable_sort(edges.begin(), edges.end(),
        [](const auto& a, const auto& b) { return std::abs(a.weight) < std::abs(b.weight); });
    for (const core::GraphEdge& edge : edges) {
        const bool isNegative = edge.weight < 0;
        const double strength = share(scene, edge);
        const QColor color = divergingColor(isNegative ? -1.0 : 1.0, paint.palette);
        QPen pen(color, (1.2 + 2.8 * strength) * paint.lineScale);
        pen.setCapStyle(Qt::FlatCap);
        if (isNegative)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        const QPainterPath path = edgePath(scene, edge);
        painter.drawPath(path);
        paintEdgeHead(painter, path, isNegative ? EdgeSign::Negative : EdgeSign::Positive, color,
            (5.0 + 4.0 * strength) * paint.lineScale);
    }
}

std::vector<int> strongNeighbours(const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    std::vector<int> nodes;
    if (node < 0)
        return nodes;
    forStrongEdges(scene, paint, node, [&](const core::GraphEdge& edge) {
        nodes.push_back(edge.source == node ? edge.target : edge.source);
    });
    nodes.push_back(node);
    return nodes;
}

} // namespace ui
