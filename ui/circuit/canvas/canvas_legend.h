#pragma once

#include "ui/circuit/canvas/circuit_legend.h"

#include <functional>

#include <QRectF>
#include <QWidget>

class QToolButton;

namespace ui {

/// The legend that lies in a corner of a canvas: a button that opens and closes it, and below it
/// what the marks mean. Only its own box takes the mouse; the wheel goes through to the canvas.
///
/// Where it would hide nodes or take more than half of the canvas it stays closed until its button
/// is pressed.
class CanvasLegend : public QWidget {
    Q_OBJECT
public:
    explicit CanvasLegend(QWidget* canvas);

    void setLegend(CircuitLegend legend); ///< An empty one hides it.
    const CircuitLegend& legend() const { return m_legend; }
    /// Whether a person wants it open; it may be closed for want of room all the same.
    void setWanted(bool isWanted);
    bool isOpen() const;
    using Cost = std::function<double(const QRectF&)>;
    /// Puts it into the corner of `room` where `cost` is the least; of two that cost the same into
    /// the earlier: upper left, upper right, lower left, lower right. `cost` says how many
    /// nodes a box hides.
    void placeIn(const QRectF& room, const Cost& cost);

Q_SIGNALS:
    void wantedChanged(bool isWanted); ///< By a person.
    void contentChanged(); ///< It may need another place.
    void entered(); ///< By the mouse: it is on the canvas no longer.

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Place {
        QPointF corner;
        double hidden; ///< There.
    };
    static Place bestCorner(const QRectF& room, QSize size, const Cost& cost);
    QSize sizeFor(double width) const; ///< With lines of at most so many pixels.
    void updateButton();

    CircuitLegend m_legend;
    QToolButton* m_button;
    double m_width = 0; ///< Of the lines.
    bool m_isWanted = true;
    bool m_isPressed = false; ///< Its button was, though there is little room.
    bool m_hasRoom = true;
};

} // namespace ui
