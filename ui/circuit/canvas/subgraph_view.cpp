#include "ui/circuit/canvas/subgraph_view.h"

#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QAccessible>
#include <QApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

namespace ui {

namespace {

constexpr CanvasViewport::Limits kSubgraphLimits{0.15, 4.0, 1.25};
constexpr double kArrowReach = 5.0; // pixels beside an arrow that still count as on it
constexpr double kStep = 12.0; // scene units that Alt and an arrow key move a box
constexpr int kArrowsInSentence = 5;

} // namespace

SubgraphView::SubgraphView(QWidget* parent)
    : QWidget(parent)
    , m_viewport(kSubgraphLimits)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Subgraph of pinned nodes and supernodes"));
    setMinimumSize(240, 180);
}

QSize SubgraphView::sizeHint() const
{
    return {700, 500};
}

void SubgraphView::setGraph(
    std::shared_ptr<const core::AttributionGraph> graph, const core::Story& story)
{
    const QString selected = m_paint.selected >= 0
        ? m_graph.boxes[static_cast<std::size_t>(m_paint.selected)].key
        : QString();
    m_source = std::move(graph);
    m_graph = m_source ? makeSubgraph(*m_source) : Subgraph();
    if (m_source && !story.isEmpty())
        tellStory(m_graph, *m_source, story);
    m_paint.chosenLine = -1;
    m_paint.selected = m_paint.hovered = m_paint.hoveredArrow = -1;
    m_dragFrom.reset();
    m_dragged = -1;
    for (int box = 0; box < countOf(m_graph.boxes); ++box)
        if (!selected.isEmpty() && m_graph.boxes[static_cast<std::size_t>(box)].key == selected)
            m_paint.selected = box;
    layOut();
    if (m_viewport.isFitted())
        fit();
    setAccessibleDescription(isEmpty()
            ? tr("Empty: nothing is pinned or grouped.")
            : tr("%1 boxes and %2 arrows. Arrow keys choose a box, Alt and an arrow key move it.")
                  .arg(m_graph.boxes.size())
                  .arg(m_graph.arrows.size()));
    update();
}

void SubgraphView::layOut()
{
    measureSubgraph(m_graph, font());
    layOutSubgraph(m_graph);
    applyPositions(m_graph, m_moved);
}

void SubgraphView::setPositions(std::vector<std::pair<QString, QPointF>> positions)
{
    m_moved = std::move(positions);
    layOut();
    if (m_viewport.isFitted())
        fit();
    update();
}

void SubgraphView::selectNode(int node)
{
    m_paint.selected = -1;
    for (int box = 0; node >= 0 && box < countOf(m_graph.boxes); ++box) {
        const auto& members = m_graph.boxes[static_cast<std::size_t>(box)].members;
        if (std::find(members.begin(), members.end(), node) != members.end())
            m_paint.selected = box;
    }
    update();
}

void SubgraphView::setChosenLine(int line)
{
    m_paint.chosenLine = line;
    update();
}

QPointF SubgraphView::boxPosition(int box) const
{
    return m_viewport.toWidget(m_graph.boxes[static_cast<std::size_t>(box)].center);
}

void SubgraphView::fit()
{
    if (isEmpty())
        m_viewport.setFitted();
    else
        m_viewport.fit(boundsOf(m_graph).adjusted(-14, -14, 14, 14), QRectF(rect()));
    update();
}

void SubgraphView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (isEmpty()) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap,
            m_source ? tr(
                "Nothing is pinned or grouped yet.\n\nExplain finds the few boxes that tell why "
                "the model answers as it does. Or by hand: in the graph, choose a node and press P "
                "to pin it; mark several with Ctrl+click or Space and press G to group them "
                "into a supernode. They appear here with the effects between them.")
                     : tr("Trace a prompt or open a graph first. Here stands what is pinned and "
                          "grouped "
                          "in it."));
    } else {
        m_paint.palette = palette();
        m_paint.font = font();
        painter.save();
        painter.translate(m_viewport.offset());
        painter.scale(m_viewport.zoom(), m_viewport.zoom());
        paintSubgraph(painter, m_graph, m_paint);
        painter.restore();
    }
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void SubgraphView::resizeEvent(QResizeEvent*)
{
    if (m_viewport.isFitted())
        fit();
}

void SubgraphView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange) {
        layOut();
        if (m_viewport.isFitted())
            fit();
    }
    if (event->type() == QEvent::PaletteChange)
        update();
    QWidget::changeEvent(event);
}

void SubgraphView::zoomAbout(QPointF point, double factor)
{
    m_viewport.zoomAbout(point, factor);
    update();
}

void SubgraphView::wheelEvent(QWheelEvent* event)
{
    zoomAbout(event->position(), std::pow(1.0015, event->angleDelta().y()));
    event->accept();
}

int SubgraphView::boxAt(QPointF point) const
{
    for (int box = countOf(m_graph.boxes) - 1; box >= 0; --box) // the last is painted on top
        if (m_graph.boxes[static_cast<std::size_t>(box)].rect().contains(m_viewport.toScene(point)))
            return box;
    return -1;
}

int SubgraphView::arrowAt(QPointF point) const
{
    const QPointF at = m_viewport.toScene(point);
    const double reach = kArrowReach / m_viewport.zoom();
    for (int arrow = 0; arrow < countOf(m_graph.arrows); ++arrow) { // the strongest first
        const QPainterPath path = arrowPath(m_graph, arrow);
        if (!path.controlPointRect().adjusted(-reach, -reach, reach, reach).contains(at))
            continue;
        constexpr int kSteps = 48;
        QPointF last = path.pointAtPercent(0);
        for (int step = 1; step <= kSteps; ++step) {
            const QPointF next = path.pointAtPercent(static_cast<double>(step) / kSteps);
            const QPointF along = next - last, to = at - last;
            const double length = QPointF::dotProduct(along, along);
            const double share
                = length > 0 ? std::clamp(QPointF::dotProduct(along, to) / length, 0.0, 1.0) : 0.0;
            const QPointF off = to - along * share;
            if (std::hypot(off.x(), off.y()) < reach)
                return arrow;
            last = next;
        }
    }
    return -1;
}

void SubgraphView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || isEmpty())
        return;
    m_dragFrom = event->position();
    m_dragged = boxAt(event->position());
    m_hasDragged = false;
}

void SubgraphView::mouseMoveEvent(QMouseEvent* event)
{
    if (m_dragFrom) {
        const QPointF by = event->position() - *m_dragFrom;
        if (!m_hasDragged && by.manhattanLength() < QApplication::startDragDistance())
            return;
        m_hasDragged = true;
        m_dragFrom = event->position();
        m_viewport.moveBy(m_dragged >= 0 ? QPointF() : by);
        if (m_dragged >= 0)
            move(m_dragged, by / m_viewport.zoom());
        return update();
    }
    const int box = boxAt(event->position());
    const int arrow = box >= 0 ? -1 : arrowAt(event->position());
    if (box == m_paint.hovered && arrow == m_paint.hoveredArrow)
        return;
    m_paint.hovered = box;
    m_paint.hoveredArrow = arrow;
    setCursor(box >= 0 ? Qt::OpenHandCursor : Qt::ArrowCursor);
    update();
}

void SubgraphView::mouseReleaseEvent(QMouseEvent* event)
{
    if (!m_dragFrom || event->button() != Qt::LeftButton)
        return;
    m_dragFrom.reset();
    if (!m_hasDragged) {
        const int box = boxAt(event->position());
        const int arrow = box >= 0 ? -1 : arrowAt(event->position());
        choose(box);
        if (arrow >= 0 && m_graph.arrows[static_cast<std::size_t>(arrow)].line >= 0)
            Q_EMIT lineSelected(m_graph.arrows[static_cast<std::size_t>(arrow)].line);
        return;
    }
    if (m_dragged >= 0)
        Q_EMIT moved();
}

void SubgraphView::move(int box, QPointF by)
{
    SubgraphBox& placed = m_graph.boxes[static_cast<std::size_t>(box)];
    const QPointF center = placed.center + by;
    const auto found = std::find_if(m_moved.begin(), m_moved.end(),
        [&](const auto& entry) { return entry.first == placed.key; });
    if (found != m_moved.end())
        found->second = center;
    else
        m_moved.emplace_back(placed.key, center);
    applyPositions(m_graph, {{placed.key, center}});
}

QString SubgraphView::sentence(int box) const
{
    const SubgraphBox& shown = m_graph.boxes[static_cast<std::size_t>(box)];
    QStringList lines{shown.title, shown.detail};
    const auto list = [&](const QString& title, int SubgraphArrow::*here) {
        int left = kArrowsInSentence;
        for (int arrow = 0; arrow < countOf(m_graph.arrows) && left > 0; ++arrow)
            if (m_graph.arrows[static_cast<std::size_t>(arrow)].*here == box) {
                if (left-- == kArrowsInSentence)
                    lines << title;
                lines << QStringLiteral("  ") + arrowSentence(m_graph, arrow);
            }
    };
    list(tr("Strongest inputs:"), &SubgraphArrow::to);
    list(tr("Strongest outputs:"), &SubgraphArrow::from);
    return lines.join(QLatin1Char('\n'));
}

void SubgraphView::choose(int box)
{
    m_paint.selected = box;
    setAccessibleDescription(box >= 0 ? sentence(box) : QString());
    QAccessibleEvent change(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&change);
    update();
    if (box < 0)
        Q_EMIT nodeSelected(-1);
    else if (const SubgraphBox& chosen = m_graph.boxes[static_cast<std::size_t>(box)];
             chosen.group >= 0)
        Q_EMIT groupSelected(chosen.group);
    else
        Q_EMIT nodeSelected(chosen.node);
}

/// The nearest box in a direction; what lies to the side of it counts as twice as far.
int SubgraphView::boxTowards(QPointF direction) const
{
    if (m_paint.selected < 0)
        return isEmpty() ? -1 : 0;
    const QPointF here = m_graph.boxes[static_cast<std::size_t>(m_paint.selected)].center;
    int best = m_paint.selected;
    double nearest = 1e300;
    for (int box = 0; box < countOf(m_graph.boxes); ++box) {
        const QPointF by = m_graph.boxes[static_cast<std::size_t>(box)].center - here;
        const double along = QPointF::dotProduct(by, direction);
        const double aside = std::fabs(QPointF::dotProduct(by, {direction.y(), direction.x()}));
        if (box == m_paint.selected || along <= 1.0)
            continue;
        // To the side a step must stay in the row; upwards any box will do.
        if (direction.x() != 0 && aside > along)
            continue;
        if (const double distance = along + 2 * aside; distance < nearest) {
            nearest = distance;
            best = box;
        }
    }
    return best;
}

void SubgraphView::keyPressEvent(QKeyEvent* event)
{
    if (isEmpty())
        return QWidget::keyPressEvent(event);
    const auto towards = [&](double x, double y) {
        if (!event->modifiers().testFlag(Qt::AltModifier))
            return choose(boxTowards({x, y}));
        if (m_paint.selected < 0)
            return;
        move(m_paint.selected, QPointF(x, y) * kStep);
        update();
        Q_EMIT moved();
    };
    const QPointF middle(width() / 2.0, height() / 2.0);
    switch (event->key()) {
    case Qt::Key_Left:
        return towards(-1, 0);
    case Qt::Key_Right:
        return towards(1, 0);
    case Qt::Key_Up:
        return towards(0, -1);
    case Qt::Key_Down:
        return towards(0, 1);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoomAbout(middle, 1.2);
    case Qt::Key_Minus:
        return zoomAbout(middle, 1 / 1.2);
    case Qt::Key_Home:
        return fit();
    case Qt::Key_Escape:
        return choose(-1);
    default:
        QWidget::keyPressEvent(event);
    }
}

void SubgraphView::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void SubgraphView::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

void SubgraphView::leaveEvent(QEvent*)
{
    m_paint.hovered = m_paint.hoveredArrow = -1;
    update();
}

bool SubgraphView::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int box = boxAt(QPointF(help->pos()));
        const int arrow = box >= 0 ? -1 : arrowAt(QPointF(help->pos()));
        if (box >= 0 || arrow >= 0)
            QToolTip::showText(
                help->globalPos(), box >= 0 ? sentence(box) : arrowSentence(m_graph, arrow), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

} // namespace ui
