#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>

#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <QPen>

/// The marks that circuits are drawn with, on the screen, in pictures and in their legends. Every
/// difference that has a colour also has a shape.
namespace ui {

/// One node's shape: features are discs, errors diamonds, tokens boxes and logits rounded boxes.
void paintNodeShape(QPainter& painter, core::NodeKind kind, QPointF center, double radius);
/// By kind; by side where a node stands in only one of two compared graphs.
QColor nodeColor(const core::GraphNode& node, const QPalette& palette);
QColor sideColor(core::GraphSide side, const QPalette& palette);
QColor groupColor(int group, const QPalette& palette);

/// The shape filled in the node's colour. A node of the first graph only is filled in its left
/// half, one of the second only in its right half.
void paintGraphNode(QPainter& painter, const QPalette& palette, core::NodeKind kind,
    core::GraphSide side, QPointF center, double radius, const QPen& outline);

/// A ring with a pin's head at the upper right: the node is pinned.
void paintPin(QPainter& painter, const QPalette& palette, QPointF center, double radius);

enum class EdgeSign : std::uint8_t { Positive, Negative };
/// At the end of `path`: an arrow's head raises, a bar lowers.
void paintEdgeHead(
    QPainter& painter, const QPainterPath& path, EdgeSign sign, const QColor& color, double length);

} // namespace ui
