#pragma once

#include "ui/views/circuit_painter.h"

#include <memory>
#include <optional>
#include <vector>

#include <QPixmap>
#include <QWidget>

namespace ui {

/// An attribution graph to look at, move and click: custom-painted, edges in a cached layer.
///
/// Wheel zooms about the pointer, dragging moves, double click fits; Ctrl+click marks nodes for a
/// group. Arrow keys walk: up and down along the strongest edge, left and right to the neighbouring
/// node of the row; + and - zoom, Home fits, P pins, Space marks, G groups what is marked, Escape
/// clears.
class CircuitCanvas : public QWidget {
    Q_OBJECT
public:
    explicit CircuitCanvas(QWidget* parent = nullptr);

    enum class View : std::uint8_t { Fit, Keep };
    /// Null shows the empty state. Clears what is selected, marked and highlighted.
    void setGraph(std::shared_ptr<const core::AttributionGraph> graph, View view = View::Fit);
    const CircuitScene* scene() const { return m_scene.get(); }
    int selectedNode() const { return m_paint.selected; }
    void selectNode(int node); ///< -1 clears; brings it into view.
    const std::vector<int>& markedNodes() const { return m_paint.marked; }
    void setMarked(std::vector<int> nodes);
    void setHighlighted(std::vector<int> nodes);
    void setErrorsShown(bool shown);
    bool areErrorsShown() const { return m_paint.showsErrors; }
    void fit();
    QPointF nodePosition(int node) const
    {
        return m_scene->center(node) * m_zoom + m_offset;
    } ///< In the widget.
    /// "2,000 of 41,318 edges drawn"; empty when all are.
    QString hiddenText() const;
    QSize sizeHint() const override;

Q_SIGNALS:
    void nodeSelected(int node); ///< By mouse or keyboard; -1 when cleared.
    void nodeActivated(int node); ///< Enter or double click on a node.
    void pinRequested(int node);
    void markedChanged(); ///< By mouse or keyboard.
    void groupRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    QPointF toScene(QPointF point) const { return (point - m_offset) / m_zoom; }
    void zoomAbout(QPointF point, double factor);
    QRectF plot() const; ///< The widget without the axes.
    int nodeUnder(QPointF point) const;
    void choose(int node);
    void toggleMark(int node);
    void bringIntoView(int node);
    int nextAlongEdges(bool isUp) const;
    int neighbourInRow(bool isRight) const;
    void renderEdges();
    void invalidate();
    QString tooltip(int node) const;

    std::unique_ptr<CircuitScene> m_scene;
    CircuitPaint m_paint;
    double m_zoom = 1.0;
    QPointF m_offset;
    bool m_isFitted = true; ///< Keeps fitting while the widget is resized, until a person zooms.
    QPixmap m_edges;
    QPointF m_edgesOffset;
    bool m_isEdgesStale = true;
    std::optional<QPointF> m_dragFrom;
    bool m_hasDragged = false;
    bool m_isMarking = false; ///< Ctrl was down at the press.
};

} // namespace ui
