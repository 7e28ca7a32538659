#include "ui/circuit/canvas/circuit_canvas.h"

#include "ui/circuit/canvas/circuit_accessible.h"
#include "ui/circuit/canvas/circuit_text.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QAccessible>
#include <QElapsedTimer>
#include <QPainter>

namespace ui {

namespace {

constexpr double kMinZoom = 0.02;
constexpr double kMaxZoom = 4.0;
constexpr double kLabelsFrom = 0.38; // below, labels would be too small to read
constexpr double kFoldsBelow = 0.138; // neighbours in a cell would come closer than 3 pixels
constexpr double kMinPixels = 2.5; // a node's radius however far zoomed out
constexpr int kSettledAfter = 80; // milliseconds without a movement
constexpr double kQuick = 12.0; // milliseconds; a layer this cheap is made anew for every frame

} // namespace

CircuitCanvas::CircuitCanvas(QWidget* parent)
    : QWidget(parent)
{
    installCircuitAccessibility();
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Attribution graph"));
    setMinimumSize(320, 240);
    m_settled.setSingleShot(true);
    m_settled.setInterval(kSettledAfter);
    connect(&m_settled, &QTimer::timeout, this, &CircuitCanvas::invalidate);
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
    if (view == View::Fit || m_isFitted)
        fit();
    else
        invalidate();
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
    if (!m_paint.isFiltered)
        return;
    for (int node = 0; node < m_scene->nodeCount(); ++node)
        if (isNodeShown(*m_scene, m_paint, node)
            && nodeTitle(m_scene->node(node)).contains(m_filter, Qt::CaseInsensitive))
            m_paint.found.push_back(node);
    const auto place = [this](int node) {
        return std::tuple(-m_scene->rowOf(node), m_scene->center(node).x(), node);
    };
    std::sort(m_paint.found.begin(), m_paint.found.end(),
        [&](int a, int b) { return place(a) < place(b); });
}

void CircuitCanvas::selectFound(bool isForward)
{
    const auto& found = m_paint.found;
    if (found.empty())
        return;
    const auto here = std::find(found.begin(), found.end(), m_paint.selected);
    int next = isForward ? found.front() : found.back(); // also around the end
    if (here != found.end() && isForward && here + 1 != found.end())
        next = *(here + 1);
    else if (here != found.end() && !isForward && here != found.begin())
        next = *(here - 1);
    choose(next);
    bringIntoView(next);
}

void CircuitCanvas::fit()
{
    if (!m_scene)
        return invalidate();
    const QRectF bounds = m_scene->bounds(), room = plot().adjusted(4, 4, -8, -2);
    m_zoom = std::clamp(
        std::min(room.width() / bounds.width(), room.height() / bounds.height()), kMinZoom, 1.6);
    m_offset = room.center() - bounds.center() * m_zoom;
    m_isFitted = true;
    invalidate();
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
    return m_scene ? QRectF(toScene(plot().topLeft()), toScene(plot().bottomRight()))
                         .intersected(m_scene->bounds())
                   : QRectF();
}

CircuitPaint CircuitCanvas::paintNow() const
{
    CircuitPaint paint = m_paint;
    paint.palette = palette();
    paint.font = font();
    paint.showsLabels = m_zoom >= kLabelsFrom;
    paint.foldsCells = m_zoom < kFoldsBelow;
    paint.labelScale = paint.showsLabels ? std::clamp(1.0 / m_zoom, 0.6, 2.2) : 1.0 / m_zoom;
    // Not a hair above one pixel: Qt draws such lines several times as fast.
    paint.lineScale = 0.99 / m_zoom;
    paint.minRadius = kMinPixels / m_zoom;
    paint.view = QRectF(toScene(rect().topLeft()), toScene(rect().bottomRight()));
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
    return {};
}

void CircuitCanvas::invalidate()
{
    m_settled.stop();
    m_isLayerStale = true;
    m_edges.reset();
    update();
}

void CircuitCanvas::invalidateSoon()
{
    if (m_layerCost < kQuick && !m_dragFrom)
        return invalidate();
    m_settled.start();
    update();
}

void CircuitCanvas::renderLayer()
{
    QElapsedTimer clock;
    clock.start();
    const qreal ratio = devicePixelRatioF();
    m_layer = QPixmap(size() * ratio);
    m_layer.setDevicePixelRatio(ratio);
    m_layer.fill(palette().color(QPalette::Base));
    const CircuitPaint paint = paintNow();
    QPainter painter(&m_layer);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(m_offset);
    painter.scale(m_zoom, m_zoom);
    paintCircuitGround(painter, *m_scene, paint);
    paintCircuitEdges(painter, *m_scene, paint, edges().drawn);
    m_labels = paint.showsLabels ? placeCircuitLabels(*m_scene, paint) : CircuitLabels();
    paintCircuitNodes(painter, *m_scene, paint, m_labels);
    m_layerOffset = m_offset;
    m_layerZoom = m_zoom;
    m_isLayerStale = false;
    m_layerCost = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
    if (const QString said = hiddenText(); said != m_saidHidden) {
        m_saidHidden = said;
        // Not while painting: whoever listens may lay the page out anew.
        QMetaObject::invokeMethod(this, &CircuitCanvas::hiddenTextChanged, Qt::QueuedConnection);
    }
}

void CircuitCanvas::paintNotes(QPainter& painter, const CircuitPaint& paint)
{
    QStringList notes;
    if (paint.isFiltered)
        notes << (paint.found.empty()
                ? tr("No name contains “%1”").arg(m_filter)
                : tr("%1 names contain “%2”").arg(formatCount(countOf(paint.found)), m_filter));
    if (paint.foldsCells)
        notes << tr("Numbers count the nodes of a cell: zoom in (wheel, +) to see them");
    else if (!paint.showsLabels)
        notes << tr("Zoom in (wheel, +) to read the names");
    if (const QString hidden = hiddenText(); !hidden.isEmpty())
        notes << hidden;
    if (notes.isEmpty())
        return;
    const QFontMetricsF metrics(font());
    QRectF corner = plot().adjusted(0, 4, -8, 0); // later tokens fill the other one
    corner.setLeft(std::max(corner.left(), m_offset.x()) + 8);
    painter.setFont(font());
    for (const QString& note : notes) {
        const QString line = metrics.elidedText(note, Qt::ElideRight, corner.width());
        QColor veil = palette().color(QPalette::Base);
        veil.setAlphaF(0.8f);
        painter.fillRect(QRectF(corner.topLeft() - QPointF(3, 0),
                             QSizeF(metrics.horizontalAdvance(line) + 6, metrics.height())),
            veil);
        painter.setPen(semanticColors(palette()).subtle);
        painter.drawText(corner.topLeft() + QPointF(0, metrics.ascent()), line);
        corner.setTop(corner.top() + metrics.height());
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
    if (m_isLayerStale)
        renderLayer();
    // Moved or zoomed since it was made: the layer moves and stretches until the hand rests.
    const double stretch = m_zoom / m_layerZoom;
    painter.save();
    painter.translate(m_offset - m_layerOffset * stretch);
    painter.scale(stretch, stretch);
    painter.drawPixmap(0, 0, m_layer);
    painter.restore();
    const CircuitPaint paint = paintNow();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(m_offset);
    painter.scale(m_zoom, m_zoom);
    paintCircuitOverlay(painter, *m_scene, paint, m_labels);
    painter.restore();
    paintCircuitAxes(painter, *m_scene, paint, QRectF(rect()), m_zoom, m_offset);
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
    invalidateSoon();
}

void CircuitCanvas::zoomTo(const QRectF& part)
{
    const QRectF room = plot();
    m_zoom = std::clamp(
        std::min(room.width() / part.width(), room.height() / part.height()), kLabelsFrom, 1.2);
    m_offset = room.center() - part.center() * m_zoom;
    m_isFitted = false;
    invalidate();
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

int CircuitCanvas::nodeUnder(QPointF point) const
{
    const int node = m_scene->nodeAt(toScene(point), kMinPixels * 2 / m_zoom);
    if (node < 0 || !isNodeShown(*m_scene, m_paint, node))
        return -1;
    if (m_zoom >= kFoldsBelow)
        return node;
    const bool isAlone = cellUnder(nodePosition(node)) < 0;
    return isAlone || m_scene->node(node).isPinned || node == m_paint.selected ? node : -1;
}

int CircuitCanvas::cellUnder(QPointF point) const
{
    if (m_zoom >= kFoldsBelow)
        return -1;
    const CircuitPaint paint = paintNow();
    const QPointF at = toScene(point);
    const double reach = 40.0 / m_zoom; // no mark is larger
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

} // namespace ui
