#include "ui/circuit/canvas/canvas_viewport.h"

#include <algorithm>

namespace ui {

void CanvasViewport::fit(const QRectF& scene, const QRectF& room)
{
    zoomTo(scene, room, m_limits.least, m_limits.mostFitted);
    m_isFitted = true;
}

void CanvasViewport::zoomTo(const QRectF& part, const QRectF& room, double least, double most)
{
    m_zoom = std::clamp(
        std::min(room.width() / part.width(), room.height() / part.height()), least, most);
    m_offset = room.center() - part.center() * m_zoom;
    m_isFitted = false;
}

void CanvasViewport::zoomAbout(QPointF point, double factor)
{
    const QPointF anchor = toScene(point);
    m_zoom = std::clamp(m_zoom * factor, m_limits.least, m_limits.most);
    m_offset = point - anchor * m_zoom;
    m_isFitted = false;
}

void CanvasViewport::moveBy(QPointF by)
{
    m_offset += by;
    m_isFitted = false;
}

} // namespace ui
