#include "ui/circuit/canvas/circuit_edges.h"

#include "ui/circuit/canvas/circuit_painter.h"
#include "ui/circuit/canvas/circuit_shapes.h"
#include "ui/style/color_scale.h"
#include "ui/style/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <QLineF>
#include <QPaintEngine>
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

/// Where edges begin and end: at the nodes, or at the marks that stand for them.
class Ends {
public:
    Ends(const CircuitScene& scene, const CircuitPaint& paint)
        : m_scene(scene)
    {
        if (!paint.foldsCells)
            return;
        m_marks.resize(static_cast<std::size_t>(scene.nodeCount()));
        for (const CircuitScene::Cell& cell : scene.cells()) {
            const std::vector<int> nodes = shownNodes(scene, paint, cell);
            for (const int node : nodes)
                if (nodes.size() > 1 && !scene.node(node).isPinned && node != paint.selected
                    && node != paint.hovered)
                    m_marks[static_cast<std::size_t>(node)] = cell.place.center();
        }
    }

    Curve curve(const core::GraphEdge& edge) const
    {
        const QPointF from = at(edge.source, -1), to = at(edge.target, 1);
        const QPointF bend(0, std::max(kLeastBend, std::abs(from.y() - to.y()) * 0.4));
        return {from, from - bend, to + bend, to};
    }

private:
    QPointF at(int node, int side) const
    {
        const auto index = static_cast<std::size_t>(node);
        return !m_marks.empty() && m_marks[index]
            ? *m_marks[index]
            : m_scene.center(node) + QPointF(0, side * m_scene.radius(node));
    }

    const CircuitScene& m_scene;
    std::vector<std::optional<QPointF>> m_marks;
};

constexpr double kTold = 0.5; // of the influence of the drawn edges: those that are not faded
constexpr int kFewEdges = 40, kToldEdges = 160; // can be told apart anyway; at most
constexpr double kFadedShade = 0.07;

/// What decides how strongly an edge is drawn, 0 to 1.
float strengthOf(const CircuitScene& scene, const CircuitPaint& paint, int edge)
{
    if (!paint.isComparison) // a difference of weights is no part of an influence
        return scene.edgeInfluence(edge);
    return std::abs(scene.graph().edges[static_cast<std::size_t>(edge)].weight)
        / std::max(1e-12f, scene.strongestWeight());
}

/// Sorts the drawn edges and says which of them fade.
void fadeWeakEdges(const CircuitScene& scene, const CircuitPaint& paint, EdgeChoice& choice)
{
    std::stable_sort(choice.drawn.begin(), choice.drawn.end(),
        [&](int a, int b) { return strengthOf(scene, paint, a) > strengthOf(scene, paint, b); });
    const int count = countOf(choice.drawn);
    choice.fadedFrom = count;
    if (count <= kFewEdges)
        return;
    double total = 0, sum = 0;
    for (const int edge : choice.drawn)
        total += static_cast<double>(strengthOf(scene, paint, edge));
    int told = 0;
    while (told < count && (told < kFewEdges || (told < kToldEdges && sum < kTold * total)))
        sum += static_cast<double>(
            strengthOf(scene, paint, choice.drawn[static_cast<std::size_t>(told++)]));
    choice.fadedFrom = told;
    if (told < count)
        choice.fadedBelow
            = strengthOf(scene, paint, choice.drawn[static_cast<std::size_t>(told - 1)]);
}

double share(const CircuitScene& scene, const core::GraphEdge& edge)
{
    const double strongest = std::max(1e-12, static_cast<double>(scene.strongestWeight()));
    // The square root keeps weak edges visible beside one very strong one.
    return std::sqrt(std::abs(static_cast<double>(edge.weight)) / strongest);
}

bool crosses(
    const CircuitScene& scene, const Ends& ends, const core::GraphEdge& edge, const QRectF& view)
{
    const QPointF from = scene.center(edge.source), to = scene.center(edge.target);
    if (std::max(from.x(), to.x()) < view.left() || std::min(from.x(), to.x()) > view.right()
        || std::max(from.y(), to.y()) + kLeastBend < view.top()
        || std::min(from.y(), to.y()) - kLeastBend > view.bottom())
        return false;
    if (view.contains(from) || view.contains(to))
        return true;
    const Curve curve = ends.curve(edge);
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

/// Straight pieces that look like the curve: none longer than some pixels.
int stepsOf(const Curve& curve, const CircuitPaint& paint)
{
    constexpr double kPixels = 14.0;
    const QPointF d = curve.d - curve.a;
    return std::clamp(
        static_cast<int>(std::hypot(d.x(), d.y()) / (kPixels * paint.lineScale)), 8, 96);
}

/// The curve as far as it lies inside the view, in straight pieces. Vector files have no clipping
/// that every reader knows, and most of a long thick curve need not be drawn at all.
std::vector<QLineF> shownLines(const Curve& curve, const CircuitPaint& paint)
{
    std::vector<QLineF> lines;
    const int steps = stepsOf(curve, paint);
    QPointF last = curve.a;
    for (int step = 1; step <= steps; ++step) {
        const QPointF next = curve.at(static_cast<double>(step) / steps);
        QPointF from = last, to = next;
        last = next;
        if (paint.view.isNull() || clipLine(from, to, paint.view))
            lines.emplace_back(from, to);
    }
    return lines;
}

QPainterPath shownPath(const Ends& ends, const CircuitPaint& paint, const core::GraphEdge& edge)
{
    const Curve curve = ends.curve(edge);
    if (paint.view.isNull() || !paint.cutsAtView) { // the painter itself is quick to clip curves
        QPainterPath path(curve.a);
        path.cubicTo(curve.b, curve.c, curve.d);
        return path;
    }
    QPainterPath path;
    for (const QLineF& line : shownLines(curve, paint)) {
        if (path.isEmpty() || path.currentPosition() != line.p1())
            path.moveTo(line.p1());
        path.lineTo(line.p2());
    }
    return path;
}

/// Cut into dashes. Qt's own dashes along a thick curve cost several times as much.
std::vector<QLineF> dashed(const std::vector<QLineF>& lines, double dash, double gap)
{
    std::vector<QLineF> dashes;
    bool isDash = true;
    double left = dash; // of the present dash or gap
    for (const QLineF& line : lines) {
        const double length = line.length();
        for (double from = 0; from < length;) {
            const double to = std::min(length, from + left);
            if (isDash)
                dashes.emplace_back(line.pointAt(from / length), line.pointAt(to / length));
            if (from + left > length) {
                left -= length - from;
                break;
            }
            from = to;
            isDash = !isDash;
            left = isDash ? dash : gap;
        }
    }
    return dashes;
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

EdgeChoice chooseEdges(const CircuitScene& scene, const CircuitPaint& paint)
{
    EdgeChoice choice;
    const Ends ends(scene, paint);
    const auto& edges = scene.graph().edges; // strongest first
    if (!paint.showsErrors)
        for (int node = 0; node < scene.nodeCount(); ++node)
            if (!isNodeShown(scene, paint, node)) // errors have no inputs
                choice.atHiddenNodes
                    += countOf(scene.outgoing(node)) + countOf(scene.incoming(node));
    for (int e = 0; e < countOf(edges); ++e) {
        const core::GraphEdge& edge = edges[static_cast<std::size_t>(e)];
        if (!isNodeShown(scene, paint, edge.source) || !isNodeShown(scene, paint, edge.target)
            || (!paint.view.isNull() && !crosses(scene, ends, edge, paint.view)))
            continue;
        if (countOf(choice.drawn) == paint.edgeBudget) {
            choice.isCut = true;
            break;
        }
        choice.drawn.push_back(e);
    }
    fadeWeakEdges(scene, paint, choice);
    return choice;
}

void paintCircuitEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    const EdgeChoice& edges)
{
    painter.setBrush(Qt::NoBrush);
    const Ends ends(scene, paint);
    const bool isRaster = painter.paintEngine()->type() == QPaintEngine::Raster;
    const double scale = painter.worldTransform().m11();
    // The weak ones first, so that the strong lie on top.
    for (int place = countOf(edges.drawn); place-- > 0;) {
        const int index = edges.drawn[static_cast<std::size_t>(place)];
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(index)];
        const bool isFaded = place >= edges.fadedFrom;
        // The square root keeps weak edges visible beside one very strong one.
        const double strength
            = std::ceil(std::sqrt(static_cast<double>(strengthOf(scene, paint, index))) * kShades)
            / kShades;
        const double shade = isFaded ? kFadedShade : 0.20 + 0.70 * strength;
        QPen pen(divergingColor(edge.weight < 0 ? -shade : shade, paint.palette),
            (isFaded || strength <= 0.5 ? 1.0 : 0.6 + 2.0 * strength) * paint.lineScale);
        if (isRaster && pen.widthF() * scale > 1.001) {
            // Straight pieces of more than a pixel's width cost less than half of a curve.
            std::vector<QLineF> lines = shownLines(ends.curve(edge), paint);
            if (edge.weight < 0)
                lines = dashed(lines, 4 * pen.widthF(), 2 * pen.widthF());
            pen.setCapStyle(edge.weight < 0 ? Qt::FlatCap : Qt::SquareCap);
            painter.setPen(pen);
            painter.drawLines(lines.data(), countOf(lines));
            continue;
        }
        if (edge.weight < 0)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawPath(shownPath(ends, paint, edge));
    }
}

void paintPathEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint,
    std::span<const int> edges)
{
    const Ends ends(scene, paint);
    for (const int index : edges) {
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(index)];
        const double width = 3.4 * paint.lineScale;
        const QColor color = divergingColor(edge.weight < 0 ? -1.0 : 1.0, paint.palette);
        const Curve curve = ends.curve(edge);
        std::vector<QLineF> lines = shownLines(curve, paint);
        if (edge.weight < 0)
            lines = dashed(lines, 4 * width, 2.5 * width);
        QPen pen(color, width);
        pen.setCapStyle(edge.weight < 0 ? Qt::FlatCap : Qt::SquareCap);
        painter.setPen(pen);
        painter.drawLines(lines.data(), countOf(lines));
        QPainterPath end(curve.at(0.94));
        end.lineTo(curve.d);
        paintEdgeHead(painter, end, edge.weight < 0 ? EdgeSign::Negative : EdgeSign::Positive,
            color, 10.0 * paint.lineScale);
    }
}

void paintStrongEdges(
    QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    if (node < 0)
        return;
    const Ends ends(scene, paint);
    std::vector<core::GraphEdge> edges;
    forStrongEdges(scene, paint, node, [&](const core::GraphEdge& edge) { edges.push_back(edge); });
    std::stable_sort(edges.begin(), edges.end(),
        [](const auto& a, const auto& b) { return std::abs(a.weight) < std::abs(b.weight); });
    for (const core::GraphEdge& edge : edges) {
        const bool isNegative = edge.weight < 0;
        const double strength = share(scene, edge);
        const double width = (1.2 + 2.8 * strength) * paint.lineScale;
        const QColor color = divergingColor(isNegative ? -1.0 : 1.0, paint.palette);
        const Curve curve = ends.curve(edge);
        std::vector<QLineF> lines = shownLines(curve, paint);
        if (isNegative)
            lines = dashed(lines, 4 * width, 2.5 * width);
        QPen pen(color, width);
        // Square ends close the gaps where straight pieces meet.
        pen.setCapStyle(isNegative ? Qt::FlatCap : Qt::SquareCap);
        painter.setPen(pen);
        painter.drawLines(lines.data(), countOf(lines));
    }
}

void paintStrongHeads(
    QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    if (node < 0)
        return;
    const Ends ends(scene, paint);
    forStrongEdges(scene, paint, node, [&](const core::GraphEdge& edge) {
        const Curve curve = ends.curve(edge);
        if (!paint.view.isNull() && !paint.view.contains(curve.d))
            return;
        const bool isNegative = edge.weight < 0;
        QPainterPath end(curve.at(0.94));
        end.lineTo(curve.d);
        paintEdgeHead(painter, end, isNegative ? EdgeSign::Negative : EdgeSign::Positive,
            divergingColor(isNegative ? -1.0 : 1.0, paint.palette),
            (5.0 + 4.0 * share(scene, edge)) * paint.lineScale);
    });
}

bool strongEdgesCross(
    const CircuitScene& scene, const CircuitPaint& paint, int node, const QRectF& place)
{
    if (node < 0)
        return false;
    const Ends ends(scene, paint);
    bool isCrossed = false;
    forStrongEdges(scene, paint, node, [&](const core::GraphEdge& edge) {
        const Curve curve = ends.curve(edge);
        // A curve lies inside the hull of its control points.
        const QRectF hull = QPolygonF({curve.a, curve.b, curve.c, curve.d}).boundingRect();
        if (isCrossed || !hull.adjusted(-1, -1, 1, 1).intersects(place))
            return;
        const int steps = stepsOf(curve, paint);
        QPointF last = curve.a;
        for (int step = 1; step <= steps && !isCrossed; ++step) {
            const QPointF next = curve.at(static_cast<double>(step) / steps);
            QPointF from = std::exchange(last, next), to = next;
            isCrossed = clipLine(from, to, place);
        }
    });
    return isCrossed;
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
