// Where the legend of a canvas lies, and what it says.
#include "ui/circuit/canvas/canvas_legend.h"
#include "ui/circuit/canvas/circuit_canvas.h"

#include <algorithm>

namespace ui {

void CircuitCanvas::updateLegend()
{
    m_legend->setLegend(m_scene ? CircuitLegend(*m_scene, m_paint) : CircuitLegend());
}

double CircuitCanvas::hiddenBy(const QRectF& box) const
{
    constexpr double kNear = 6; // pixels: about a node's radius
    const QRectF reach = box.adjusted(-kNear, -kNear, kNear, kNear);
    double hidden = 0;
    for (int node = 0; node < m_scene->nodeCount(); ++node)
        hidden
            += isNodeShown(*m_scene, m_paint, node) && reach.contains(nodePosition(node)) ? 1 : 0;
    return hidden;
}

void CircuitCanvas::placeLegend()
{
    if (!m_scene)
        return;
    constexpr double kBorder = 4;
    // Beside the names of the rows, above those of the tokens and below what is said of the view.
    QRectF room = QRectF(rect()).adjusted(kBorder, kBorder, -kBorder, -kBorder);
    const QRectF whole = plot();
    const double names
        = std::max(whole.left(), m_viewport.toWidget(m_scene->bounds().topLeft()).x());
    room.setLeft(std::min(names, room.center().x()) + kBorder);
    room.setBottom(std::max(room.top(), whole.bottom() - kBorder));
    m_legendBelow = notesArea().bottom();
    room.setTop(std::max(room.top(), m_legendBelow + kBorder));
    m_legend->placeIn(room, [this](const QRectF& box) { return hiddenBy(box); });
}

} // namespace ui
