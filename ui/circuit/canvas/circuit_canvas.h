#pragma once

#include "ui/circuit/canvas/canvas_layer.h"
#include "ui/circuit/canvas/canvas_viewport.h"
#include "ui/circuit/canvas/circuit_painter.h"

#include <memory>
#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

namespace ui {

class CanvasLegend;

/// An attribution graph to look at, move and click: custom-painted, everything that does not follow
/// the pointer in a cached layer, so that thousands of nodes and a million edges stay smooth.
///
/// Wheel zooms about the pointer, dragging moves, double click fits; Ctrl+click marks nodes for a
/// group. Zoomed far out, the nodes of a cell become a mark with their count; a click on it zooms
/// in. Arrow keys walk: up and down along the strongest edge, left and right to the neighbouring
/// node of the row; + and - zoom, Home fits, P pins, Space marks, G groups what is marked, Escape
/// clears. Screen readers find the nodes as children of the canvas: circuit_accessible.h.
class CircuitCanvas : public QWidget {
    Q_OBJECT
public:
    explicit CircuitCanvas(QWidget* parent = nullptr);

    enum class View : std::uint8_t { Fit, Keep };
    /// Null shows the empty state. Clears what is selected, marked and highlighted.
    void setGraph(std::shared_ptr<const core::AttributionGraph> graph, View view = View::Fit);
    const CircuitScene* scene() const { return m_scene.get(); }
    int generation() const { return m_generation; } ///< Counts the graphs that were shown.
    int selectedNode() const { return m_paint.selected; }
    void selectNode(int node); ///< -1 clears; brings it into view.
    const std::vector<int>& markedNodes() const { return m_paint.marked; }
    void setMarked(std::vector<int> nodes);
    void setHighlighted(std::vector<int> nodes);
    void setErrorsShown(bool shown);
    bool areErrorsShown() const { return m_paint.showsErrors; }
    void setComparison(bool isComparison); ///< Of two graphs: a weight is a difference.
    CanvasLegend* legend() const { return m_legend; } ///< In a corner, over the graph.
    void fit();
    QPointF nodePosition(int node) const
    {
        return m_viewport.toWidget(m_scene->center(node));
    } ///< In the widget.
    /// Rings the nodes whose title contains `text`, in any case, and fades the others; an empty
    /// text ends that. Stays while the graph is pruned again.
    void setFilter(const QString& text);
    std::vector<int> found() const { return m_paint.found; } ///< From the top, then from the left.
    /// Chooses the next or previous match, brings it into view and emits nodeSelected.
    void selectFound(bool isForward);
    QRectF visibleScene() const; ///< The part of the scene on the screen.
    /// "2,000 of 41,318 edges drawn"; empty when all are that cross the screen.
    QString hiddenText() const;
    /// Where the canvas says what it leaves out; empty where it says nothing.
    QRectF notesArea() const;
    /// Everything a screen reader says of a node.
    QString nodeDescription(int node) const;
    QSize sizeHint() const override;

Q_SIGNALS:
    void nodeSelected(int node); ///< By mouse or keyboard; -1 when cleared.
    void nodeActivated(int node); ///< Enter or double click on a node.
    void pinRequested(int node);
    void markedChanged(); ///< By mouse or keyboard.
    void groupRequested();
    void hiddenTextChanged(); ///< After zooming, moving or another graph.

public:
    void choose(int node); ///< As a click does: emits nodeSelected.

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
    void focusInEvent(QFocusEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    void zoomAbout(QPointF point, double factor);
    void zoomTo(const QRectF& part);
    QRectF plot() const; ///< The widget without the axes.
    CircuitPaint paintNow() const; ///< For the present zoom and place.
    int nodeUnder(QPointF point) const;
    int cellUnder(QPointF point) const; ///< The folded cell, -1 for none.
    void toggleMark(int node);
    void walkTo(int node); ///< Chooses it and brings it into view.
    void bringIntoView(int node);
    void findMatches();
    void renderLayer();
    /// What is to be said of the view itself, a line each, and where it stands.
    QStringList notes(const CircuitPaint& paint) const;
    QRectF notesPlace(const QStringList& notes) const;
    void paintNotes(QPainter& painter, const CircuitPaint& paint);
    void updateLegend();
    void placeLegend();
    double hiddenBy(const QRectF& box) const; ///< How many nodes a box would cover.
    /// The layer is out of date; while a hand moves it, it is shown as it is.
    void invalidate();
    void invalidateSoon();
    const EdgeChoice& edges() const;
    QString cellDescription(int cell) const;

    std::unique_ptr<CircuitScene> m_scene;
    int m_generation = 0;
    CircuitPaint m_paint;
    QString m_filter;
    CanvasViewport m_viewport;
    CanvasLayer m_layer;
    CanvasLegend* m_legend;
    QTimer m_settled; ///< Runs while a hand moves or zooms.
    mutable std::optional<EdgeChoice> m_edges;
    QString m_saidHidden;
    double m_legendBelow = 0; ///< Where the notes ended when the legend was placed.

    std::optional<QPointF> m_dragFrom;
    bool m_hasDragged = false;
    bool m_isMarking = false; ///< Ctrl was down at the press.
};

} // namespace ui
