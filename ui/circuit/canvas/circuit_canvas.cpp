#include "ui/circuit/canvas/circuit_canvas.h"

#include "ui/circuit/canvas/canvas_legend.h"
#include "ui/circuit/canvas/circuit_accessible.h"
#include "ui/circuit/canvas/circuit_text.h"
#include "ui/circuit/canvas/circuit_walk.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QAccessible>
#include <QApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

namespace ui {

namespace {

constexpr CanvasViewport::Limits kCanvasLimits{0.02, 4.0, 1.6};
constexpr double kLabelsFrom = 0.38; // zoom; below, labels that grow with it could not be read
constexpr int kFewLabels = 20; // below that zoom
constexpr double kFoldsBelow = 0.138; // neighbours in a cell would come closer than 3 pixels
constexpr double kMinPixels = 2.5; // a node's radius however far zoomed out
constexpr int kSettledAfter = 80; // milliseconds without a movement
constexpr double kZoomedIn = 1.2; // at most, on a folded cell

} // namespace

CircuitCanvas::CircuitCanvas(QWidget* parent)
    : QWidget(parent)
    , m_viewport(kCanvasLimits)
    , m_legend(new CanvasLegend(this))
{
    installCircuitAccessibility();
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Attribution graph"));
    setMinimumSize(320, 240);
    m_settled.setSingleShot(true);
    m_settled.setInterval(kSettledAfter);
    connect(&m_settled, &QTimer::timeout, this, &CircuitCanvas::invalidate);
    connect(m_legend, &CanvasLegend::contentChanged, this, &CircuitCanvas::placeLegend);
    connect(m_legend, &CanvasLegend::entered, this, [this] { leaveEvent(nullptr); });
    setGraph(nullptr);
}

QSize CircuitCanvas::sizeHint() const
{
    return {900, 600};
}

void CircuitCanvas::setGraph(std::shared_ptr<const core::AttributionGraph> graph, View view)
{
    m_scene = graph && !graph->nodes.empty() ? std::make_unique<CircuitScene>(std::move(graph))
                                             : nullptr;
    ++m_generation;
    m_paint.selected = m_paint.hovered = -1;
    m_paint.marked.clear();
    m_paint.highlighted.clear();
    m_dragFrom.reset();
    findMatches();
    if (view == View::Fit || m_viewport.isFitted())
        fit();
    else
        invalidate();
    updateLegend();
    setAccessibleDescription(
        tr("Columns are token positions, rows are layers. Arrow keys walk along the strongest "
           "edges; the connections table holds the same content."));
    QAccessibleEvent changed(this, QAccessible::ObjectReorder);
    QAccessible::updateAccessibility(&changed);
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

void CircuitCanvas::setComparison(bool isComparison)
{
    m_paint.isComparison = isComparison;
    updateLegend();
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
    if (m_paint.showsErrors == shown)
        return;
    m_paint.showsErrors = shown;
    findMatches();
    updateLegend();
    invalidate();
    QAccessibleEvent changed(this, QAccessible::ObjectReorder);
    QAccessible::updateAccessibility(&changed);
}

void CircuitCanvas::setFilter(const QString& text)
{
    if (text == m_filter)
        return;
    m_filter = text;
    findMatches();
    invalidateSoon();
}

void CircuitCanvas::findMatches()
{
    m_paint.found.clear();
    m_paint.isFiltered = m_scene && !m_filter.isEmpty();
    if (m_paint.isFiltered)
        m_paint.found = nodesNamed(*m_scene, m_paint, m_filter);
}

void CircuitCanvas::selectFound(bool isForward)
{
    if (!m_paint.found.empty())
        walkTo(nextOf(m_paint.found, m_paint.selected, isForward));
}

void CircuitCanvas::walkTo(int node)
{
    choose(node);
    bringIntoView(node);
}

void CircuitCanvas::fit()
{
    if (!m_scene)
        return invalidate();
    m_viewport.fit(m_scene->bounds(), plot().adjusted(4, 4, -8, -2));
    invalidate();
    placeLegend(); // not when a hand moves the graph: it would jump about
}

QRectF CircuitCanvas::plot() const
{
    CircuitPaint paint;
    paint.font = font();
    return m_scene ? QRectF(rect()).marginsRemoved(circuitAxisMargins(*m_scene, paint))
                   : QRectF(rect());
}

QRectF CircuitCanvas::visibleScene() const
{
    return m_scene ? m_viewport.toScene(plot()).intersected(m_scene->bounds()) : QRectF();
}

CircuitPaint CircuitCanvas::paintNow() const
{
    CircuitPaint paint = m_paint;
    paint.palette = palette();
    paint.font = font();
    const double zoom = m_viewport.zoom();
    paint.foldsCells = zoom < kFoldsBelow;
    paint.showsLabels = !paint.foldsCells;
    if (zoom < kLabelsFrom) // names take more room than the nodes: only those that matter most
        paint.labelBudget = kFewLabels;
    paint.labelScale = zoom >= kLabelsFrom ? std::clamp(1.0 / zoom, 0.6, 2.2) : 0.9 / zoom;
    // Not a hair above one pixel: Qt draws such lines several times as fast.
    paint.lineScale = 0.99 / zoom;
    paint.minRadius = kMinPixels / zoom;
    paint.view = m_viewport.toScene(QRectF(rect()));
    return paint;
}

const EdgeChoice& CircuitCanvas::edges() const
{
    if (!m_edges)
        m_edges = m_scene ? chooseEdges(*m_scene, paintNow()) : EdgeChoice();
    return *m_edges;
}

QString CircuitCanvas::hiddenText() const
{
    if (!m_scene)
        return {};
    const auto all = static_cast<std::int64_t>(m_scene->graph().edges.size());
    if (edges().isCut) {
        const QString drawn = formatCount(countOf(edges().drawn)), total = formatCount(all);
        return visibleScene() == m_scene->bounds()
            ? tr("%1 of %2 edges drawn, the strongest").arg(drawn, total)
            : tr("%1 of %2 edges drawn, the strongest in view").arg(drawn, total);
    }
    if (const std::int64_t hidden = edges().atHiddenNodes; hidden > 0)
        return tr("%1 of %2 edges drawn, those at error nodes hidden")
            .arg(formatCount(all - hidden), formatCount(all));
    if (const int faded = countOf(edges().drawn) - edges().fadedFrom; faded > 0)
        return tr("%1 weaker edges faded (below %2 of the strongest)")
            .arg(formatCount(faded), formatPercent(static_cast<double>(edges().fadedBelow)));
    return {};
}

void CircuitCanvas::invalidate()
{
    m_settled.stop();
    m_layer.setStale();
    m_edges.reset();
    update();
}

void CircuitCanvas::invalidateSoon()
{
    if (m_layer.isCheap() && !m_dragFrom)
        return invalidate();
    m_settled.start();
    update();
}

void CircuitCanvas::renderLayer()
{
    m_layer.render(*m_scene, paintNow(), edges(), m_viewport, size(), devicePixelRatioF());
    if (const QString said = hiddenText(); said != m_saidHidden) {
        m_saidHidden = said;
        // Not while painting: whoever listens may lay the page out anew.
        QMetaObject::invokeMethod(this, &CircuitCanvas::hiddenTextChanged, Qt::QueuedConnection);
    }
    // How many names found no room is known only now.
    if (notesArea().bottom() > m_legendBelow)
        QMetaObject::invokeMethod(this, &CircuitCanvas::placeLegend, Qt::QueuedConnection);
}

QStringList CircuitCanvas::notes(const CircuitPaint& paint) const
{
    QStringList notes;
    if (paint.isFiltered)
        notes << (paint.found.empty()
                ? tr("No name contains “%1”").arg(m_filter)
                : tr("%1 names contain “%2”").arg(formatCount(countOf(paint.found)), m_filter));
    if (paint.foldsCells)
        notes << tr("Numbers count the nodes of a cell: zoom in (wheel, +) to see them");
    else if (const CircuitLabels& labels = m_layer.labels(); labels.leftOut > 0)
        notes << tr("Names of %1 of %2 nodes; point at one, or zoom in")
                     .arg(countOf(labels.placed))
                     .arg(countOf(labels.placed) + labels.leftOut);
    if (const QString hidden = hiddenText(); !hidden.isEmpty())
        notes << hidden;
    return notes;
}

QRectF CircuitCanvas::notesPlace(const QStringList& notes) const
{
    const QFontMetricsF metrics(font());
    QRectF place = plot().adjusted(0, 4, -8, 0); // later tokens fill the other corner
    place.setLeft(std::max(place.left(), m_viewport.offset().x()) + 8);
    double widest = 0;
    for (const QString& note : notes)
        widest = std::max(widest, metrics.horizontalAdvance(note));
    place.setSize({std::min(place.width(), widest), metrics.height() * countOf(notes)});
    return place;
}

QRectF CircuitCanvas::notesArea() const
{
    const QStringList said = m_scene ? notes(paintNow()) : QStringList();
    return said.isEmpty() ? QRectF() : notesPlace(said);
}

void CircuitCanvas::paintNotes(QPainter& painter, const CircuitPaint& paint)
{
    const QStringList lines = notes(paint);
    if (lines.isEmpty())
        return;
    const QFontMetricsF metrics(font());
    const QRectF place = notesPlace(lines);
    QPointF corner = place.topLeft();
    painter.setFont(font());
    for (const QString& note : lines) {
        const QString line = metrics.elidedText(note, Qt::ElideRight, place.width() + 1);
        QColor veil = palette().color(QPalette::Base);
        veil.setAlphaF(0.8f);
        painter.fillRect(QRectF(corner - QPointF(3, 0),
                             QSizeF(metrics.horizontalAdvance(line) + 6, metrics.height())),
            veil);
        painter.setPen(semanticColors(palette()).subtle);
        painter.drawText(corner + QPointF(0, metrics.ascent()), line);
        corner.ry() += metrics.height();
    }
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
    if (m_layer.isStale())
        renderLayer();
    // Moved or zoomed since it was made: the layer moves and stretches until the hand rests.
    m_layer.paint(painter, m_viewport);
    const CircuitPaint paint = paintNow();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(m_viewport.offset());
    painter.scale(m_viewport.zoom(), m_viewport.zoom());
    paintCircuitOverlay(painter, *m_scene, paint, m_layer.labels());
    painter.restore();
    paintCircuitAxes(
        painter, *m_scene, paint, QRectF(rect()), m_viewport.zoom(), m_viewport.offset());
    paintNotes(painter, paint);
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void CircuitCanvas::resizeEvent(QResizeEvent*)
{
    if (m_viewport.isFitted())
        return fit();
    invalidate();
    placeLegend();
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
    m_viewport.zoomAbout(point, factor);
    invalidateSoon();
}

void CircuitCanvas::zoomTo(const QRectF& part)
{
    m_viewport.zoomTo(part, plot(), kLabelsFrom, kZoomedIn);
    invalidate();
}

void CircuitCanvas::bringIntoView(int node)
{
    const QPointF at = nodePosition(node);
    if (plot().adjusted(16, 16, -16, -16).contains(at))
        return;
    m_viewport.moveBy(plot().center() - at);
    invalidate();
}

int CircuitCanvas::nodeUnder(QPointF point) const
{
    const int node = m_scene->nodeAt(m_viewport.toScene(point), kMinPixels * 2 / m_viewport.zoom());
    if (node < 0 || !isNodeShown(*m_scene, m_paint, node))
        return -1;
    if (m_viewport.zoom() >= kFoldsBelow)
        return node;
    const bool isAlone = cellUnder(nodePosition(node)) < 0;
    return isAlone || m_scene->node(node).isPinned || node == m_paint.selected ? node : -1;
}

int CircuitCanvas::cellUnder(QPointF point) const
{
    if (m_viewport.zoom() >= kFoldsBelow)
        return -1;
    const CircuitPaint paint = paintNow();
    const QPointF at = m_viewport.toScene(point);
    const double reach = 40.0 / m_viewport.zoom(); // no mark is larger
    for (int cell = 0; cell < countOf(m_scene->cells()); ++cell) {
        const CircuitScene::Cell& folded = m_scene->cells()[static_cast<std::size_t>(cell)];
        if (!folded.place.adjusted(-reach, -reach, reach, reach).contains(at))
            continue;
        const QRectF mark = cellMark(*m_scene, paint, folded);
        if (!mark.isNull() && (mark.contains(at) || folded.place.contains(at)))
            return cell;
    }
    return -1;
}

QString CircuitCanvas::nodeDescription(int node) const
{
    return circuitNodeText(*m_scene, m_paint, node);
}

QString CircuitCanvas::cellDescription(int cell) const
{
    const CircuitScene::Cell& folded = m_scene->cells()[static_cast<std::size_t>(cell)];
    return circuitCellText(*m_scene, m_paint, folded);
}

void CircuitCanvas::choose(int node)
{
    m_paint.selected = node;
    setAccessibleDescription(node >= 0 ? nodeDescription(node) : QString());
    QAccessibleEvent change(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&change);
    announceCircuitNode(this, node);
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
        m_viewport.moveBy(moved);
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

void CircuitCanvas::keyPressEvent(QKeyEvent* event)
{
    if (!m_scene)
        return QWidget::keyPressEvent(event);
    // Keys zoom about what is chosen, so that it stays in sight.
    const bool isChosenSeen
        = m_paint.selected >= 0 && QRectF(rect()).contains(nodePosition(m_paint.selected));
    const QPointF middle = isChosenSeen ? nodePosition(m_paint.selected) : QRectF(rect()).center();
    const int here = m_paint.selected;
    switch (event->key()) {
    case Qt::Key_Up:
        return walkTo(nextAlongEdges(*m_scene, m_paint, here, true));
    case Qt::Key_Down:
        return walkTo(nextAlongEdges(*m_scene, m_paint, here, false));
    case Qt::Key_Left:
        return walkTo(neighbourInRow(*m_scene, m_paint, here, false));
    case Qt::Key_Right:
        return walkTo(neighbourInRow(*m_scene, m_paint, here, true));
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
