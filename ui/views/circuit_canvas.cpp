#include "ui/views/circuit_canvas.h"

#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

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
constexpr double kLabelsFrom = 0.4; // below, labels would be too small to read
constexpr double kHitSlack = 5.0; // pixels around a node that still count as on it

} // namespace

CircuitCanvas::CircuitCanvas(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Attribution graph"));
    setAccessibleDescription(tr("Columns are token positions, rows are layers. Arrow keys walk along the strongest edges; the connections table holds the same content."));
    setMinimumSize(320, 240);
}

QSize CircuitCanvas::sizeHint() const { return {900, 600}; }

void CircuitCanvas::setGraph(std::shared_ptr<const core::AttributionGraph> graph)
{
    m_scene = graph && !graph->nodes.empty() ? std::make_unique<CircuitScene>(std::move(graph)) : nullptr;
    m_paint.selected = m_paint.hovered = -1;
    m_isFitted = true;
    fit();
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
    const QRectF bounds = m_scene->bounds().adjusted(-8, -8, 24, 8);
    m_zoom = std::clamp(std::min(width() / bounds.width(), height() / bounds.height()), kMinZoom, 1.6);
    m_offset = QPointF(width() / 2.0, height() / 2.0) - bounds.center() * m_zoom;
    m_isFitted = true;
    invalidate();
}

QString CircuitCanvas::hiddenText() const
{
    if (!m_scene || hiddenEdges(*m_scene, m_paint) == 0)
        return {};
    return tr("%1 of %2 edges drawn, the strongest").arg(formatCount(m_paint.edgeBudget), formatCount(static_cast<std::int64_t>(m_scene->graph().edges.size())));
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
            tr("Write a prompt above and press Trace. The graph shows which features led the model to its next token."));
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
    m_paint.labelScale = std::clamp(1.0 / m_zoom, 0.7, 1.25);
    paintCircuitNodes(painter, *m_scene, m_paint);
    if (hasFocus()) {
        painter.resetTransform();
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
    const int node = m_scene->nodeAt(toScene(event->position()), kHitSlack / m_zoom);
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
    choose(m_scene->nodeAt(toScene(event->position()), kHitSlack / m_zoom));
}

void CircuitCanvas::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (!m_scene)
        return;
    const int node = m_scene->nodeAt(toScene(event->position()), kHitSlack / m_zoom);
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
        const int node = m_scene->nodeAt(toScene(QPointF(help->pos())), kHitSlack / m_zoom);
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
    const core::GraphNode& n = m_scene->graph().nodes[static_cast<std::size_t>(node)];
    QStringList lines {nodeTitle(n)};
    if (n.kind == core::NodeKind::Feature)
        lines << tr("layer %1, position %2, feature %3, activation %4").arg(n.layer.value).arg(n.position.value).arg(n.feature.value).arg(formatNumber(static_cast<double>(n.activation)));
    if (n.rawInfluence > 0)
        lines << tr("influence on the logits %1").arg(formatNumber(static_cast<double>(n.rawInfluence)));
    const auto list = [&](const QString& title, const std::vector<int>& edges, bool isSource) {
        constexpr int kShown = 4;
        for (int i = 0; i < std::min(kShown, countOf(edges)); ++i) {
            const core::GraphEdge& edge = m_scene->graph().edges[static_cast<std::size_t>(edges[static_cast<std::size_t>(i)])];
            const auto other = static_cast<std::size_t>(isSource ? edge.source : edge.target);
            lines << QStringLiteral("%1 %2 %3").arg(title, nodeTitle(m_scene->graph().nodes[other]), formatNumber(static_cast<double>(edge.weight)));
        }
    };
    list(tr("from"), m_scene->incoming(node), true);
    list(tr("to"), m_scene->outgoing(node), false);
    return lines.join(QLatin1Char('\n'));
}

void CircuitCanvas::choose(int node)
{
    m_paint.selected = node;
    update();
    Q_EMIT nodeSelected(node);
}

void CircuitCanvas::bringIntoView(int node)
{
    const QPointF at = m_scene->center(node) * m_zoom + m_offset;
    if (QRectF(rect()).adjusted(20, 20, -20, -20).contains(at))
        return;
    m_offset += QPointF(width() / 2.0, height() / 2.0) - at;
    m_isFitted = false;
    invalidate();
}

int CircuitCanvas::nextAlongEdges(bool isUp) const
{
    if (m_paint.selected < 0) { // begin at the most probable logit
        for (int node = 0; node < m_scene->nodeCount(); ++node)
            if (m_scene->graph().nodes[static_cast<std::size_t>(node)].kind == core::NodeKind::Logit)
                return node;
        return 0;
    }
    const std::vector<int>& edges = isUp ? m_scene->outgoing(m_paint.selected) : m_scene->incoming(m_paint.selected);
    if (edges.empty())
        return m_paint.selected;
    const core::GraphEdge& edge = m_scene->graph().edges[static_cast<std::size_t>(edges.front())];
    return isUp ? edge.target : edge.source;
}

int CircuitCanvas::neighbourInRow(bool isRight) const
{
    if (m_paint.selected < 0)
        return nextAlongEdges(true);
    const QPointF from = m_scene->center(m_paint.selected);
    int best = m_paint.selected;
    double nearest = 1e300;
    for (int node = 0; node < m_scene->nodeCount(); ++node) {
        const QPointF d = m_scene->center(node) - from;
        const double ahead = isRight ? d.x() : -d.x();
        if (std::abs(d.y()) < CircuitScene::kRowHeight / 2 && ahead > 0.5 && ahead < nearest) {
            nearest = ahead;
            best = node;
        }
    }
    return best;
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
        return choose(-1);
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
