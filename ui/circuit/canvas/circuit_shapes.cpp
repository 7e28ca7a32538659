#include "ui/circuit/canvas/circuit_shapes.h"

#include "ui/style/color_scale.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

/// The left or right half of a shape.
void paintHalf(
    QPainter& painter, core::NodeKind kind, core::GraphSide side, QPointF center, double r)
{
    const double sign = side == core::GraphSide::First ? -1.0 : 1.0;
    switch (kind) {
    case core::NodeKind::Feature: {
        constexpr int kQuarter = 90 * 16; // Qt counts sixteenths of a degree
        painter.drawPie(QRectF(center.x() - r, center.y() - r, 2 * r, 2 * r),
            side == core::GraphSide::First ? kQuarter : -kQuarter, 2 * kQuarter);
        return;
    }
    case core::NodeKind::Error:
        painter.drawPolygon(QPolygonF(
            {center - QPointF(0, r), center + QPointF(sign * r, 0), center + QPointF(0, r)}));
        return;
    case core::NodeKind::Token:
    case core::NodeKind::Logit:
        painter.drawRect(QRectF(sign < 0 ? center.x() - r : center.x(), center.y() - r, r, 2 * r));
        return;
    }
}

} // namespace

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

QColor sideColor(core::GraphSide side, const QPalette& palette)
{
    return seriesColor(side == core::GraphSide::First ? 3 : 4, palette);
}

QColor nodeColor(const core::GraphNode& node, const QPalette& palette)
{
    if (node.side != core::GraphSide::Both)
        return sideColor(node.side, palette);
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

QColor groupColor(int group, const QPalette& palette)
{
    return seriesColor(3 + group % 3, palette);
}

void paintGraphNode(QPainter& painter, const QPalette& palette, core::NodeKind kind,
    core::GraphSide side, QPointF center, double radius, const QPen& outline)
{
    core::GraphNode node;
    node.kind = kind;
    node.side = side;
    const QColor color = nodeColor(node, palette);
    painter.setPen(outline);
    if (side == core::GraphSide::Both) {
        painter.setBrush(color);
        paintNodeShape(painter, kind, center, radius);
        return;
    }
    painter.setBrush(palette.color(QPalette::Base));
    paintNodeShape(painter, kind, center, radius);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    paintHalf(painter, kind, side, center, radius);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, std::max(1.2, radius * 0.16)));
    paintNodeShape(painter, kind, center, radius);
}

void paintPin(QPainter& painter, const QPalette& palette, QPointF center, double radius)
{
    const QColor text = palette.color(QPalette::WindowText), base = palette.color(QPalette::Base);
    const double ring = radius + std::max(2.0, radius * 0.3);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(text, std::max(1.0, radius * 0.13)));
    painter.drawEllipse(center, ring, ring);
    const double head = std::max(2.2, radius * 0.34);
    const QPointF direction(0.7071, -0.7071);
    painter.drawLine(center + direction * radius, center + direction * (ring + head));
    painter.setPen(QPen(base, 1));
    painter.setBrush(text);
    painter.drawEllipse(center + direction * (ring + head), head, head);
}

void paintEdgeHead(
    QPainter& painter, const QPainterPath& path, EdgeSign sign, const QColor& color, double length)
{
    if (path.elementCount() < 2)
        return;
    const QPointF tip = path.currentPosition();
    const double total = path.length();
    const QPointF before = path.pointAtPercent(
        total > 0 ? std::max(0.0, path.percentAtLength(std::max(0.0, total - length))) : 0.0);
    QPointF direction = tip - before;
    const double size = std::hypot(direction.x(), direction.y());
    if (size < 1e-6)
        return;
    direction /= size;
    const QPointF across(-direction.y(), direction.x());
    if (sign == EdgeSign::Positive) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawPolygon(QPolygonF({tip, tip - direction * length + across * length * 0.5,
            tip - direction * length - across * length * 0.5}));
    } else {
        QPen pen(color, std::max(1.6, length * 0.28));
        pen.setCapStyle(Qt::FlatCap);
        painter.setPen(pen);
        const QPointF at = tip - direction * pen.widthF() * 0.5;
        painter.drawLine(at + across * length * 0.6, at - across * length * 0.6);
    }
}

} // namespace ui
