#include "ui/views/circuit_painter.h"

#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <QFontMetricsF>
#include <QPainterPath>

namespace ui {

namespace {

constexpr int kShades = 8;

bool isShown(const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    return paint.showsErrors || scene.graph().nodes[static_cast<std::size_t>(node)].kind != core::NodeKind::Error;
}

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

void paintStrongEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    if (node < 0)
        return;
    const auto draw = [&](int index) {
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(index)];
        if (!isShown(scene, paint, edge.source) || !isShown(scene, paint, edge.target))
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

void paintGrid(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    const SemanticColors colors = semanticColors(paint.palette);
    const QRectF bounds = scene.bounds();
    QFont font = paint.font;
    font.setPointSizeF(font.pointSizeF() * paint.labelScale);
    painter.setFont(font);
    for (int row = 0; row < scene.rowCount(); ++row) {
        const double y = scene.rowCenter(row);
        painter.setPen(QPen(colors.grid, 1));
        const double line = y + CircuitScene::kRowHeight / 2;
        painter.drawLine(QPointF(bounds.left(), line), QPointF(bounds.right(), line));
        painter.setPen(colors.subtle);
        painter.drawText(QRectF(bounds.left() + 6, y - 30, CircuitScene::kAxisWidth, 60), Qt::AlignLeft | Qt::AlignVCenter, scene.rowName(row));
    }
    painter.setPen(QPen(colors.grid, 1, Qt::DotLine));
    for (int column = 1; column < scene.columnCount(); ++column) {
        const double x = scene.columnCenter(column) - scene.columnWidth(column) / 2;
        painter.drawLine(QPointF(x, bounds.top()), QPointF(x, bounds.bottom()));
    }
}

/// Labels go beside their nodes, the most influential first; one that finds no free place is left out here and can
/// be read by pointing at the node.
class LabelPlacer {
public:
    explicit LabelPlacer(const CircuitScene& scene, const CircuitPaint& paint)
    {
        for (int node = 0; node < scene.nodeCount(); ++node)
            if (isShown(scene, paint, node))
                m_taken.push_back(around(scene, node, 1.0));
    }

    /// The rectangle for a text of `size` near the node, null when every place is taken.
    QRectF place(const CircuitScene& scene, int node, QSizeF size)
    {
        const QPointF c = scene.center(node);
        const double r = scene.radius(node) + 2;
        const std::array<QPointF, 4> corners {QPointF(c.x() - size.width() / 2, c.y() + r),
            QPointF(c.x() - size.width() / 2, c.y() - r - size.height()), QPointF(c.x() + r + 1, c.y() - size.height() / 2),
            QPointF(c.x() - r - 1 - size.width(), c.y() - size.height() / 2)};
        for (const QPointF corner : corners) {
            const QRectF candidate(corner, size);
            const QRectF bounds = scene.bounds().adjusted(CircuitScene::kAxisWidth * 0.8, 0, 0, 0);
            const auto meets = [&](const QRectF& other) { return other.intersects(candidate); };
            if (!bounds.contains(candidate) || std::any_of(m_taken.begin(), m_taken.end(), meets))
                continue;
            m_taken.push_back(candidate);
            return candidate;
        }
        return {};
    }

private:
    static QRectF around(const CircuitScene& scene, int node, double factor)
    {
        const double r = scene.radius(node) * factor;
        return {scene.center(node).x() - r, scene.center(node).y() - r, 2 * r, 2 * r};
    }

    std::vector<QRectF> m_taken;
};

/// The text in at most two lines that fit `width`.
QStringList wrapped(const QString& text, const QFontMetricsF& metrics, double width)
{
    if (metrics.horizontalAdvance(text) <= width)
        return {text};
    QString first;
    const QStringList words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    int used = 0;
    for (; used < words.size(); ++used) {
        const QString longer = first.isEmpty() ? words[used] : first + QLatin1Char(' ') + words[used];
        if (used > 0 && metrics.horizontalAdvance(longer) > width)
            break;
        first = longer;
    }
    QStringList lines {metrics.elidedText(first, Qt::ElideRight, width)};
    if (used < words.size())
        lines << metrics.elidedText(words.mid(used).join(QLatin1Char(' ')), Qt::ElideRight, width);
    return lines;
}

void paintLabels(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    QFont font = paint.font;
    font.setPointSizeF(font.pointSizeF() * paint.labelScale * 0.92);
    painter.setFont(font);
    const QFontMetricsF metrics(font);
    std::vector<int> order(static_cast<std::size_t>(scene.nodeCount()));
    std::iota(order.begin(), order.end(), 0);
    const auto rank = [&](int index) {
        const core::GraphNode& node = scene.graph().nodes[static_cast<std::size_t>(index)];
        const bool isEnd = node.kind == core::NodeKind::Token || node.kind == core::NodeKind::Logit;
        const bool isChosen = index == paint.selected || node.isPinned;
        return std::pair(isChosen ? 0 : isEnd ? 1 : node.kind == core::NodeKind::Error ? 3 : 2, -node.rawInfluence);
    };
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });
    LabelPlacer placer(scene, paint);
    painter.setPen(paint.palette.color(QPalette::WindowText));
    for (const int index : order) {
        const core::GraphNode& node = scene.graph().nodes[static_cast<std::size_t>(index)];
        if (!isShown(scene, paint, index) || node.kind == core::NodeKind::Error)
            continue;
        const QStringList lines = wrapped(nodeTitle(node), metrics, 96.0 * paint.labelScale);
        double width = 0;
        for (const QString& line : lines)
            width = std::max(width, metrics.horizontalAdvance(line));
        const QRectF place = placer.place(scene, index, QSizeF(width + 2, metrics.height() * static_cast<double>(lines.size())));
        if (!place.isNull())
            painter.drawText(place, Qt::AlignHCenter | Qt::AlignVCenter, lines.join(QLatin1Char('\n')));
    }
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
        painter.drawPolygon(QPolygonF({center - QPointF(0, radius), center + QPointF(radius, 0), center + QPointF(0, radius), center - QPointF(radius, 0)}));
        return;
    case core::NodeKind::Token:
        painter.drawRect(box);
        return;
    case core::NodeKind::Logit:
        painter.drawRoundedRect(box, radius * 0.6, radius * 0.6);
        return;
    }
}

std::int64_t hiddenEdges(const CircuitScene& scene, const CircuitPaint& paint)
{
    return std::max<std::int64_t>(0, static_cast<std::int64_t>(scene.graph().edges.size()) - paint.edgeBudget);
}

void paintCircuitEdges(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    // graph().edges is strongest first; the weak ones are drawn first so that the strong lie on top.
    const int shown = std::min(paint.edgeBudget, countOf(scene.graph().edges));
    painter.setBrush(Qt::NoBrush);
    for (int e = shown - 1; e >= 0; --e) {
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(e)];
        if (!isShown(scene, paint, edge.source) || !isShown(scene, paint, edge.target))
            continue;
        const double strength = std::ceil(share(scene, edge) * kShades) / kShades;
        const double shade = 0.12 + 0.68 * strength;
        QPen pen(divergingColor(edge.weight < 0 ? -shade : shade, paint.palette), strength > 0.6 ? 1.8 : 1.0);
        if (edge.weight < 0)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawPath(edgePath(scene, edge));
    }
}

void paintCircuitNodes(QPainter& painter, const CircuitScene& scene, const CircuitPaint& paint)
{
    paintGrid(painter, scene, paint);
    painter.setBrush(Qt::NoBrush);
    paintStrongEdges(painter, scene, paint, paint.hovered);
    paintStrongEdges(painter, scene, paint, paint.selected);
    for (int index = 0; index < scene.nodeCount(); ++index) {
        if (!isShown(scene, paint, index))
            continue;
        const core::GraphNode& node = scene.graph().nodes[static_cast<std::size_t>(index)];
        const QColor fill = nodeColor(node, paint.palette);
        const bool isChosen = index == paint.selected || index == paint.hovered;
        painter.setBrush(fill);
        painter.setPen(QPen(isChosen ? paint.palette.color(QPalette::WindowText) : paint.palette.color(QPalette::Base), isChosen ? 2.5 : 1.0));
        paintNodeShape(painter, node.kind, scene.center(index), scene.radius(index));
        if (node.isPinned) { // pinned: a ring around it
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(paint.palette.color(QPalette::WindowText), 1.2));
            const double r = scene.radius(index) + 3.5;
            painter.drawEllipse(scene.center(index), r, r);
        }
    }
    if (paint.showsLabels)
        paintLabels(painter, scene, paint);
}

} // namespace ui
