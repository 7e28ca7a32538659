#include "ui/views/circuit_canvas.h"

#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QAccessible>
#include <QApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

namespace ui {

namespace {

constexpr double kMinZoom = 0.08;
constexpr double kMaxZoom = 4.0;
constexpr double kLabelsFrom = 0.38; // below, labels would be too small to read
constexpr double kMinPixels = 2.5; // a node's radius however far zoomed out
constexpr double kHitSlack = 5.0; // pixels around a node that still count as on it

} // namespace

CircuitCanvas::CircuitCanvas(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Attribution graph"));
    setAccessibleDescription(
        tr("Columns are token positions, rows are layers. Arrow keys walk along the strongest "
           "edges; the connections table holds the same content."));
    setMinimumSize(320, 240);
}

QSize CircuitCanvas::sizeHint() const
{
    return {900, 600};
}

void CircuitCanvas::setGraph(std::shared_ptr<const core::AttributionGraph> graph, View view)
{
    m_scene = graph && !graph->nodes.empty() ? std::make_unique<CircuitScene>(std::move(graph))
                                             : nullptr;
    m_paint.selected = m_paint.hovered = -1;
    m_paint.marked.clear();
    m_paint.highlighted.clear();
    if (view == View::Fit || m_isFitted)
        fit();
    else
        invalidate();
}

void CircuitCanvas::setMarked(std::vector<int> nodes)
{
    m_paint.marked = std::move(nodes);
    update();
}

void CircuitCanvas::setHighlighted(std::vector<int> nodes)
{
    m_paint.highlighted = std::move(nodes);
    update();
}

void CircuitCanvas::selectNode(int node)
{
    if (!m_scene || node >= m_scene->nodeCount() || node == m_paint.selected)
        return;
    m_paint.selected = std::max(-1, node);
    if (node >= 0)
        bringIntoView(node);
    update();
}

void CircuitCanvas::setErrorsShown(bool shown)
{
    m_paint.showsErrors = shown;
    invalidate();
}

void CircuitCanvas::fit()
{
    if (!m_scene)
        return update();
    const QRectF bounds = m_scene->bounds(), room = plot().adjusted(4, 4, -8, -2);
    m_zoom = std::clamp(
        std::min(room.width() / bounds.width(), room.height() / bounds.height()), kMinZoom, 1.6);
    m_offset = room.center() - bounds.center() * m_zoom;
    m_isFitted = true;
    invalidate();
}

QRectF CircuitCanvas::plot() const
{
    CircuitPaint paint = m_paint;
    paint.font = font();
    return m_scene ? QRectF(rect()).marginsRemoved(circuitAxisMargins(*m_scene, paint))
                   : QRectF(rect());
}

QString CircuitCanvas::hiddenText() const
{
    const std::int64_t hidden = m_scene ? hiddenEdges(*m_scene, m_paint) : 0;
    if (hidden == 0)
        return {};
    const auto all = static_cast<std::int64_t>(m_scene->graph().edges.size());
    return m_paint.showsErrors
        ? tr("%1 of %2 edges drawn, the strongest").arg(formatCount(all - hidden), formatCount(all))
        : tr("%1 of %2 edges drawn, those at error nodes hidden")
              .arg(formatCount(all - hidden), formatCount(all));
}

void CircuitCanvas::invalidate()
{
    m_isEdgesStale = true;
    update();
}

void CircuitCanvas::renderEdges()
{
    const qreal ratio = devicePixelRatioF();
    m_edges = QPixmap(size() * ratio);
    m_edges.setDevicePixelRatio(ratio);
    m_edges.fill(palette().color(QPalette::Base));
    QPainter painter(&m_edges);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(m_offset);
    painter.scale(m_zoom, m_zoom);
    paintCircuitGround(painter, *m_scene, m_paint);
    paintCircuitEdges(painter, *m_scene, m_paint);
    m_edgesOffset = m_offset;
    m_isEdgesStale = false;
}

void CircuitCanvas::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (!m_scene) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap,
            tr("Write a prompt above and press Trace. The graph shows which features led the model "
               "to its next token."));
        return;
    }
    m_paint.palette = palette();
    m_paint.font = font();
    m_paint.showsLabels = m_zoom >= kLabelsFrom;
    // While dragging the layer only moves; it is rendered again when the hand lets go.
    if (m_isEdgesStale && !m_dragFrom)
        renderEdges();
    painter.drawPixmap(m_offset - m_edgesOffset, m_edges);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(m_offset);
    painter.scale(m_zoom, m_zoom);
    m_paint.labelScale = std::clamp(1.0 / m_zoom, 0.6, 2.2);
    m_paint.minRadius = kMinPixels / m_zoom;
    paintCircuitNodes(painter, *m_scene, m_paint);
    painter.resetTransform();
    paintCircuitAxes(painter, *m_scene, m_paint, QRectF(rect()), m_zoom, m_offset);
    if (!m_paint.showsLabels) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        QRectF corner = plot().adjusted(0, 4, -8, 0); // later tokens fill the other one
        corner.setLeft(std::max(corner.left(), m_offset.x()) + 8);
        painter.drawText(
            corner, Qt::AlignTop | Qt::AlignLeft, tr("Zoom in (wheel, +) to read the names"));
    }
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void CircuitCanvas::resizeEvent(QResizeEvent*)
{
    if (m_isFitted)
        fit();
    else
        invalidate();
}

void CircuitCanvas::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        invalidate();
    QWidget::changeEvent(event);
}

void CircuitCanvas::zoomAbout(QPointF point, double factor)
{
    if (!m_scene)
        return;
    const QPointF anchor = toScene(point);
    m_zoom = std::clamp(m_zoom * factor, kMinZoom, kMaxZoom);
    m_offset = point - anchor * m_zoom;
    m_isFitted = false;
    invalidate();
}

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
        return update();
    }
    const int node = nodeUnder(event->position());
    if (node != m_paint.hovered) {
        m_paint.hovered = node;
        setCursor(node >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
        update();
    }
}

void CircuitCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (!m_dragFrom)
        return;
    m_dragFrom.reset();
    if (m_hasDragged)
        return invalidate();
    const int node = nodeUnder(event->position());
    if (m_isMarking)
        return toggleMark(node);
    choose(node);
}

void CircuitCanvas::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (!m_scene)
        return;
    const int node = nodeUnder(event->position());
    if (node >= 0)
        Q_EMIT nodeActivated(node);
    else
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
        if (node >= 0)
            QToolTip::showText(help->globalPos(), tooltip(node), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

QString CircuitCanvas::tooltip(int node) const
{
    const core::GraphNode& n = m_scene->node(node);
    QStringList lines{nodeTitle(n)};
    if (n.kind == core::NodeKind::Feature)
        lines << tr("layer %1, position %2, feature %3, activation %4")
                     .arg(n.layer.value)
                     .arg(n.position.value)
                     .arg(n.feature.value)
                     .arg(formatNumber(static_cast<double>(n.activation)));
    if (n.rawInfluence > 0)
        lines << tr("influence on the logits %1")
                     .arg(formatNumber(static_cast<double>(n.rawInfluence)));
    const auto list = [&](const QString& title, const std::vector<int>& edges, bool isSource) {
        constexpr int kShown = 4;
        for (int i = 0; i < std::min(kShown, countOf(edges)); ++i) {
            const core::GraphEdge& edge
                = m_scene->graph()
                      .edges[static_cast<std::size_t>(edges[static_cast<std::size_t>(i)])];
            const auto other = static_cast<std::size_t>(isSource ? edge.source : edge.target);
            lines << QStringLiteral("%1 %2 %3")
                         .arg(title, nodeSentence(m_scene->graph().nodes[other]),
                             formatNumber(static_cast<double>(edge.weight)));
        }
    };
    list(tr("from"), m_scene->incoming(node), true);
    list(tr("to"), m_scene->outgoing(node), false);
    return lines.join(QLatin1Char('\n'));
}

int CircuitCanvas::nodeUnder(QPointF point) const
{
    const int node = m_scene->nodeAt(toScene(point), kHitSlack / m_zoom);
    return node >= 0 && isNodeShown(*m_scene, m_paint, node) ? node : -1;
}

void CircuitCanvas::choose(int node)
{
    m_paint.selected = node;
    setAccessibleDescription(node >= 0 ? tooltip(node) : QString());
    QAccessibleEvent change(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&change);
    update();
    Q_EMIT nodeSelected(node);
}

void CircuitCanvas::toggleMark(int node)
{
    if (node < 0)
        return;
    const auto found = std::find(m_paint.marked.begin(), m_paint.marked.end(), node);
    if (found != m_paint.marked.end())
        m_paint.marked.erase(found);
    else
        m_paint.marked.push_back(node);
    update();
    Q_EMIT markedChanged();
}

void CircuitCanvas::bringIntoView(int node)
{
    const QPointF at = m_scene->center(node) * m_zoom + m_offset;
    if (plot().adjusted(16, 16, -16, -16).contains(at))
        return;
    m_offset += plot().center() - at;
    m_isFitted = false;
    invalidate();
}

int CircuitCanvas::nextAlongEdges(bool isUp) const
{
    if (m_paint.selected < 0) { // begin at the most probable logit
        for (int node = 0; node < m_scene->nodeCount(); ++node)
            if (m_scene->node(node).kind == core::NodeKind::Logit)
                return node;
        return 0;
    }
    const std::vector<int>& edges
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
    for (int node = 0; node < m_scene->nodeCount(); ++node)
        if (m_scene->rowOf(node) == m_scene->rowOf(m_paint.selected)
            && isNodeShown(*m_scene, m_paint, node))
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
    const QPointF middle(width() / 2.0, height() / 2.0);
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
