// Mouse and keyboard of the circuit canvas.
#include "ui/circuit/canvas/circuit_canvas.h"

#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

namespace ui {

void CircuitCanvas::wheelEvent(QWheelEvent* event)
{
    zoomAbout(event->position(), std::pow(1.0015, event->angleDelta().y()));
    event->accept();
}

void CircuitCanvas::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_scene)
        return;
    m_dragFrom = event->position();
    m_hasDragged = false;
    m_isMarking = event->modifiers().testFlag(Qt::ControlModifier);
}

void CircuitCanvas::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_scene)
        return;
    if (m_dragFrom) {
        const QPointF moved = event->position() - *m_dragFrom;
        if (!m_hasDragged && moved.manhattanLength() < QApplication::startDragDistance())
            return;
        m_hasDragged = true;
        m_isFitted = false;
        m_offset += moved;
        m_dragFrom = event->position();
        return invalidateSoon();
    }
    const int node = nodeUnder(event->position());
    setCursor(
        node >= 0 || cellUnder(event->position()) >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (node != m_paint.hovered) {
        m_paint.hovered = node;
        update();
    }
}

void CircuitCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (!m_dragFrom || event->button() != Qt::LeftButton)
        return;
    m_dragFrom.reset();
    if (m_hasDragged)
        return invalidate();
    const int node = nodeUnder(event->position());
    if (m_isMarking)
        return toggleMark(node);
    if (const int cell = node < 0 ? cellUnder(event->position()) : -1; cell >= 0)
        return zoomTo(
            m_scene->cells()[static_cast<std::size_t>(cell)].place.adjusted(-400, -250, 400, 250));
    choose(node);
}

void CircuitCanvas::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (!m_scene)
        return;
    const int node = nodeUnder(event->position());
    if (node >= 0)
        Q_EMIT nodeActivated(node);
    else if (cellUnder(event->position()) < 0)
        fit();
}

void CircuitCanvas::leaveEvent(QEvent*)
{
    m_paint.hovered = -1;
    update();
}

bool CircuitCanvas::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && m_scene) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int node = nodeUnder(QPointF(help->pos()));
        const int cell = node < 0 ? cellUnder(QPointF(help->pos())) : -1;
        if (node >= 0)
            QToolTip::showText(help->globalPos(), nodeDescription(node), this);
        else if (cell >= 0)
            QToolTip::showText(help->globalPos(), cellDescription(cell), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void CircuitCanvas::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

int CircuitCanvas::nextAlongEdges(bool isUp) const
{
    if (m_paint.selected < 0) { // begin at the most probable logit
        for (int node = 0; node < m_scene->nodeCount(); ++node)
            if (m_scene->node(node).kind == core::NodeKind::Logit)
                return node;
        return 0;
    }
    const auto edges
        = isUp ? m_scene->outgoing(m_paint.selected) : m_scene->incoming(m_paint.selected);
    for (const int index : edges) {
        const core::GraphEdge& edge = m_scene->graph().edges[static_cast<std::size_t>(index)];
        const int other = isUp ? edge.target : edge.source;
        if (isNodeShown(*m_scene, m_paint, other))
            return other;
    }
    return m_paint.selected;
}

int CircuitCanvas::neighbourInRow(bool isRight) const
{
    if (m_paint.selected < 0)
        return nextAlongEdges(true);
    // The row from left to right, nodes above each other from the top: every node can be reached.
    std::vector<int> row;
    for (const CircuitScene::Cell& cell : m_scene->cells())
        if (cell.row == m_scene->rowOf(m_paint.selected))
            for (const int node : shownNodes(*m_scene, m_paint, cell))
                row.push_back(node);
    const auto place = [this](int node) {
        return std::pair(m_scene->center(node).x(), m_scene->center(node).y());
    };
    std::sort(row.begin(), row.end(), [&](int a, int b) { return place(a) < place(b); });
    const auto here = std::find(row.begin(), row.end(), m_paint.selected);
    if (isRight)
        return here == row.end() || here + 1 == row.end() ? m_paint.selected : *(here + 1);
    return here == row.end() || here == row.begin() ? m_paint.selected : *(here - 1);
}

void CircuitCanvas::keyPressEvent(QKeyEvent* event)
{
    if (!m_scene)
        return QWidget::keyPressEvent(event);
    // Keys zoom about what is chosen, so that it stays in sight.
    const bool isChosenSeen
        = m_paint.selected >= 0 && QRectF(rect()).contains(nodePosition(m_paint.selected));
    const QPointF middle = isChosenSeen ? nodePosition(m_paint.selected) : QRectF(rect()).center();
    const auto walk = [this](int node) {
        choose(node);
        bringIntoView(node);
    };
    switch (event->key()) {
    case Qt::Key_Up:
        return walk(nextAlongEdges(true));
    case Qt::Key_Down:
        return walk(nextAlongEdges(false));
    case Qt::Key_Left:
        return walk(neighbourInRow(false));
    case Qt::Key_Right:
        return walk(neighbourInRow(true));
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoomAbout(middle, 1.2);
    case Qt::Key_Minus:
        return zoomAbout(middle, 1 / 1.2);
    case Qt::Key_Home:
        return fit();
    case Qt::Key_Escape:
        setMarked({});
        Q_EMIT markedChanged();
        return choose(-1);
    case Qt::Key_Space:
        return toggleMark(m_paint.selected);
    case Qt::Key_G:
        Q_EMIT groupRequested();
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_paint.selected >= 0)
            Q_EMIT nodeActivated(m_paint.selected);
        return;
    case Qt::Key_P:
        if (m_paint.selected >= 0)
            Q_EMIT pinRequested(m_paint.selected);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace ui
