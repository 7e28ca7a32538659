#pragma once

#include "ui/circuit/canvas/canvas_viewport.h"
#include "ui/circuit/canvas/circuit_labels.h"
#include "ui/circuit/canvas/circuit_painter.h"

#include <QPixmap>

namespace ui {

/// What of a canvas does not follow the pointer, as a picture: ground, edges, nodes and labels.
/// Moves and stretches with the viewport until it is made anew.
class CanvasLayer {
public:
    bool isStale() const { return m_isStale; }
    void setStale() { m_isStale = true; }
    bool isCheap() const; ///< The last one was made so quickly that every frame may have its own.
    const CircuitLabels& labels() const { return m_labels; } ///< That it shows.
    /// For a widget of this size and its screen.
    void render(const CircuitScene& scene, const CircuitPaint& paint, const EdgeChoice& edges,
        const CanvasViewport& viewport, QSize size, qreal pixelRatio);
    void paint(QPainter& painter, const CanvasViewport& viewport) const;

private:
    QPixmap m_picture;
    CircuitLabels m_labels;
    QPointF m_offset;
    double m_zoom = 1.0;
    bool m_isStale = true;
    double m_cost = 0; ///< Milliseconds that the last one took.
};

} // namespace ui
