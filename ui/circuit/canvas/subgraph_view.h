#pragma once

#include "ui/circuit/canvas/canvas_viewport.h"
#include "ui/circuit/canvas/subgraph_painter.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <QWidget>

namespace ui {

/// The hand-made part of an attribution graph: pinned nodes and supernodes as boxes in a tidy
/// layout, arrows weighted by the direct effects between them. Boxes are dragged with the mouse or
/// moved with Alt and the arrow keys and stay where they were put while the graph is pruned again.
///
/// Arrow keys choose the next box in that direction, Tab leaves; wheel, + and - zoom, Home fits,
/// dragging the ground moves the picture.
class SubgraphView : public QWidget {
    Q_OBJECT
public:
    explicit SubgraphView(QWidget* parent = nullptr);

    /// Null, or nothing pinned or grouped, shows how to pin.
    /// A story names and chooses the arrows between its boxes.
    void setGraph(
        std::shared_ptr<const core::AttributionGraph> graph, const core::Story& story = {});
    void setChosenLine(int line); ///< Of the story; -1 = none. Emits nothing.
    /// The box that holds the node; -1 or a node in no box clears. Emits nothing.
    void selectNode(int node);
    bool isEmpty() const { return m_graph.boxes.empty(); }
    const Subgraph& subgraph() const { return m_graph; }
    int selectedBox() const { return m_paint.selected; }
    QPointF boxPosition(int box) const; ///< Its middle, in the widget.
    /// Where a person put boxes: the middle of each by its key, in scene units. The others stand
    /// where the layout puts them.
    std::vector<std::pair<QString, QPointF>> positions() const { return m_moved; }
    /// Emits nothing; an empty list returns to the tidy layout.
    void setPositions(std::vector<std::pair<QString, QPointF>> positions);
    void fit();
    QSize sizeHint() const override;

Q_SIGNALS:
    void nodeSelected(int node); ///< By mouse or keyboard; -1 when cleared.
    void groupSelected(int group); ///< Index into the graph's supernodes.
    void lineSelected(int line); ///< A click on its arrow.
    void moved(); ///< A person moved a box; see positions().

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    int boxAt(QPointF point) const; ///< In the widget.
    int arrowAt(QPointF point) const;
    int boxTowards(QPointF direction) const;
    void layOut();
    void choose(int box);
    void move(int box, QPointF by);
    void zoomAbout(QPointF point, double factor);
    QString sentence(int box) const;

    std::shared_ptr<const core::AttributionGraph> m_source;
    Subgraph m_graph;
    SubgraphPaint m_paint;
    BoxPositions m_moved;
    CanvasViewport m_viewport;
    std::optional<QPointF> m_dragFrom;
    int m_dragged = -1; ///< -1 while the ground is dragged.
    bool m_hasDragged = false;
};

} // namespace ui
