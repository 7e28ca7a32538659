#include "ui/circuit/graph_view.h"

#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/circuit_tools.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <QLabel>
#include <QVBoxLayout>

namespace ui {

GraphView::GraphView(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_tools(new CircuitTools(this))
    , m_canvas(new CircuitCanvas(this))
    , m_scores(new QLabel(this))
{
    m_canvas->setObjectName(QStringLiteral("circuitCanvas"));
    m_scores->setObjectName(QStringLiteral("circuitScores"));
    m_scores->setWordWrap(true);
    m_scores->setTextFormat(Qt::PlainText);
    m_scores->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_scores->setToolTip(
        tr("Replacement score: share of the influence that enters at tokens rather than errors. "
           "Completeness: share of the nodes' inputs that is explained. "
           "Attention patterns and norm scales are frozen."));
    makeSubtle(m_scores);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, gap(this), 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_tools);
    column->addWidget(m_canvas, 1);
    column->addWidget(m_scores);
    connectTools();
    connectCanvas();
    connect(document, &CircuitDocument::graphChanged, this, &GraphView::showGraph);
    connect(document, &CircuitDocument::chosenChanged, this, [this] {
        m_canvas->selectNode(m_document->chosen());
        updateFound();
    });
    connect(document, &CircuitDocument::markedChanged, this,
        [this] { m_canvas->setMarked(m_document->marked()); });
    connect(document->selection(), &Selection::featureChanged, this, &GraphView::showSelection);
}

void GraphView::connectTools()
{
    connect(m_tools, &CircuitTools::thresholdsChanged, this,
        [this] { m_document->setThresholds(m_tools->nodeThreshold(), m_tools->edgeThreshold()); });
    connect(m_document, &CircuitDocument::thresholdsChanged, this, [this] {
        m_tools->setThresholds(m_document->nodeThreshold(), m_document->edgeThreshold());
    });
    connect(m_tools, &CircuitTools::errorsToggled, this, [this](bool isShown) {
        m_canvas->setErrorsShown(isShown);
        updateScores();
    });
    connect(m_tools, &CircuitTools::fitRequested, m_canvas, &CircuitCanvas::fit);
    connect(m_tools, &CircuitTools::findEdited, this, [this](const QString& text) {
        m_canvas->setFilter(text);
        updateFound();
    });
    connect(m_tools, &CircuitTools::findNext, m_canvas, &CircuitCanvas::selectFound);
}

void GraphView::connectCanvas()
{
    connect(m_canvas, &CircuitCanvas::nodeSelected, m_document, &CircuitDocument::choose);
    connect(m_canvas, &CircuitCanvas::nodeActivated, this, [this](int node) {
        m_document->choose(node);
        Q_EMIT nodeActivated();
    });
    connect(m_canvas, &CircuitCanvas::pinRequested, m_document, &CircuitDocument::togglePin);
    connect(m_canvas, &CircuitCanvas::markedChanged, this,
        [this] { m_document->setMarked(m_canvas->markedNodes()); });
    connect(m_canvas, &CircuitCanvas::groupRequested, m_document, &CircuitDocument::groupMarked);
    connect(m_canvas, &CircuitCanvas::hiddenTextChanged, this, &GraphView::updateScores);
}

void GraphView::showGraph(CircuitDocument::Change change)
{
    m_canvas->setGraph(m_document->graph(),
        change == CircuitDocument::Change::Another ? CircuitCanvas::View::Fit
                                                   : CircuitCanvas::View::Keep);
    m_canvas->setMarked(m_document->marked());
    m_canvas->selectNode(m_document->chosen());
    m_tools->setPruneProblem(m_document->pruneProblem());
    showSelection();
    updateFound();
    updateScores();
}

void GraphView::showSelection()
{
    const auto& feature = m_document->selection()->feature();
    std::vector<int> nodes;
    if (m_document->graph() && feature)
        for (int i = 0; i < countOf(m_document->graph()->nodes); ++i) {
            const core::GraphNode& node = m_document->graph()->nodes[static_cast<std::size_t>(i)];
            if (node.kind == core::NodeKind::Feature && node.feature == feature->feature
                && node.dictionary == feature->dictionary)
                nodes.push_back(i);
        }
    m_canvas->setHighlighted(std::move(nodes));
}

void GraphView::focusFind()
{
    m_tools->focusFind();
}

bool GraphView::areErrorsShown() const
{
    return m_tools->areErrorsShown();
}

QRectF GraphView::visibleScene() const
{
    return m_canvas->visibleScene();
}

void GraphView::updateFound()
{
    const std::vector<int> found = m_canvas->found();
    const auto current = std::find(found.begin(), found.end(), m_document->chosen());
    m_tools->setFound(
        current == found.end() ? -1 : static_cast<int>(current - found.begin()), countOf(found));
}

void GraphView::updateScores()
{
    const core::AttributionGraph* graph = m_document->graph().get();
    if (!graph)
        return m_scores->clear();
    const auto count = [](std::int64_t shown, std::int64_t all) {
        return all > shown ? tr("%1 of %2").arg(formatCount(shown), formatCount(all))
                           : formatCount(shown);
    };
    QStringList parts{tr("Replacement score %1").arg(formatNumber(graph->replacementScore)),
        tr("completeness %1").arg(formatNumber(graph->completenessScore)),
        tr("errors carry %1 of the influence").arg(formatPercent(graph->errorShare)),
        tr("%1 nodes, %2 edges kept")
            .arg(count(countOf(graph->nodes), graph->unprunedNodes),
                count(countOf(graph->edges), graph->unprunedEdges))};
    if (graph->tracedFeatures < graph->activeFeatures)
        parts << tr("%1 of %2 active features traced")
                     .arg(formatCount(graph->tracedFeatures), formatCount(graph->activeFeatures));
    if (const int pruned = m_document->prunedPins(); pruned > 0)
        parts << (pruned == 1 ? tr("1 pinned node is pruned away at these thresholds")
                              : tr("%1 pinned nodes are pruned away at these thresholds")
                                    .arg(formatCount(pruned)));
    if (!m_canvas->hiddenText().isEmpty())
        parts << m_canvas->hiddenText();
    if (graph->seconds > 0)
        parts << tr("traced in %1 s").arg(formatNumber(graph->seconds, 2));
    if (!graph->method.empty())
        parts << toQString(graph->method);
    if (!graph->note.empty())
        parts << toQString(graph->note);
    m_scores->setText(parts.join(QStringLiteral(" · ")));
}

} // namespace ui
