#include "ui/circuit/canvas/canvas_layer.h"

#include <QElapsedTimer>

namespace ui {

namespace {
constexpr double kQuickMs = 12.0;
}

bool CanvasLayer::isCheap() const
{
    return m_cost < kQuickMs;
}

void CanvasLayer::render(const CircuitScene& scene, const CircuitPaint& paint,
    const EdgeChoice& edges, const CanvasViewport& viewport, QSize size, qreal pixelRatio)
{
    QElapsedTimer clock;
    clock.start();
    m_picture = QPixmap(size * pixelRatio);
    m_picture.setDevicePixelRatio(pixelRatio);
    m_picture.fill(paint.palette.color(QPalette::Base));
    QPainter painter(&m_picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(viewport.offset());
    painter.scale(viewport.zoom(), viewport.zoom());
    paintCircuitGround(painter, scene, paint);
    paintCircuitEdges(painter, scene, paint, edges);
    m_labels = paint.showsLabels ? placeCircuitLabels(scene, paint) : CircuitLabels();
    paintCircuitNodes(painter, scene, paint, m_labels);
    m_offset = viewport.offset();
    m_zoom = viewport.zoom();
    m_isStale = false;
    m_cost = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
}

void CanvasLayer::paint(QPainter& painter, const CanvasViewport& viewport) const
{
    const double stretch = viewport.zoom() / m_zoom;
    painter.save();
    painter.translate(viewport.offset() - m_offset * stretch);
    painter.scale(stretch, stretch);
    painter.drawPixmap(0, 0, m_picture);
    painter.restore();
}

} // namespace ui
