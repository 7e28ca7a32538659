#pragma once

#include <QPointF>
#include <QRectF>

namespace ui {

/// Which part of a scene a widget shows: a scene point p stands at p * zoom + offset.
class CanvasViewport {
public:
    struct Limits {
        double least, most; ///< Of the zoom.
        double mostFitted; ///< A small scene is not blown up beyond this.
    };
    explicit CanvasViewport(Limits limits)
        : m_limits(limits)
    {
    }

    double zoom() const { return m_zoom; }
    QPointF offset() const { return m_offset; }
    QPointF toScene(QPointF point) const { return (point - m_offset) / m_zoom; }
    QPointF toWidget(QPointF point) const { return point * m_zoom + m_offset; }
    QRectF toScene(const QRectF& part) const
    {
        return {toScene(part.topLeft()), toScene(part.bottomRight())};
    }
    /// All is shown and shall be when the widget is resized, until a person moves or zooms.
    bool isFitted() const { return m_isFitted; }

    void fit(const QRectF& scene, const QRectF& room);
    void zoomTo(const QRectF& part, const QRectF& room, double least, double most);
    void zoomAbout(QPointF point, double factor); ///< What is under the point stays there.
    void moveBy(QPointF by);
    void setFitted() { m_isFitted = true; } ///< There is nothing to fit yet.

private:
    Limits m_limits;
    double m_zoom = 1.0;
    QPointF m_offset;
    bool m_isFitted = true;
};

} // namespace ui
