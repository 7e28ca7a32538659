// Showing the graph: as the engine gave it, with what a person marked.
#include "ui/circuit/circuit_page.h"

#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_groups.h"
#include "ui/circuit/circuit_interventions.h"
#include "ui/circuit/circuit_node_panel.h"
#include "ui/circuit/circuit_scores.h"
#include "ui/circuit/circuit_tools.h"
#include "ui/circuit/graph_marks.h"
#include "ui/shared/message_bar.h"
#include "ui/style/text.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <QLabel>

namespace ui {

void CircuitPage::receive(const Shared<core::AttributionGraph>& graph)
{
    m_messages->clear();
    const bool isSamePrompt = m_source && m_source->prompt == graph->prompt
        && m_source->model == graph->model && m_source->id && graph->id;
    m_source = graph;
    if (!isSamePrompt || !m_marks) {
        if (m_marks)
            disconnect(m_marks.get(), nullptr, this, nullptr);
        m_marks = std::make_shared<GraphMarks>(*graph);
        connect(m_marks.get(), &GraphMarks::changed, this, &CircuitPage::applyMarks);
        m_boxes.clear();
        m_subgraph->setPositions({});
    }
    if (!graph->prompt.empty())
        setPrompt(toQString(graph->prompt));
    if (graph->id != 0) // a file's thresholds say what was kept, the sliders what to ask for
        m_tools->setThresholds(graph->settings.nodeThreshold, graph->settings.edgeThreshold);
    m_nodePanel->clearChange();
    display(m_marks->appliedTo(*m_source), true);
    updatePruning();
    Q_EMIT graphShown();
}

void CircuitPage::receivePruned(const Shared<core::AttributionGraph>& graph)
{
    if (!m_source || graph->id != m_source->id)
        return; // of a graph that is no longer shown
    m_source = graph;
    applyMarks();
    Q_EMIT graphShown();
}

void CircuitPage::applyMarks()
{
    if (m_source && m_marks)
        display(m_marks->appliedTo(*m_source), false);
}

void CircuitPage::display(std::shared_ptr<const core::AttributionGraph> graph, bool isFitted)
{
    std::optional<NodeKey> chosen;
    std::vector<NodeKey> marked;
    if (m_graph && !isFitted) {
        if (chosenNode() >= 0)
            chosen = keyOf(m_graph->nodes[static_cast<std::size_t>(chosenNode())]);
        for (const int node : m_canvas->markedNodes())
            marked.push_back(keyOf(m_graph->nodes[static_cast<std::size_t>(node)]));
    }
    m_graph = std::move(graph);
    m_canvas->setGraph(m_graph, isFitted ? CircuitCanvas::View::Fit : CircuitCanvas::View::Keep);
    m_subgraph->setGraph(m_graph);
    m_groups->setGroups(m_graph->supernodes);
    m_interventions->setGraph(m_graph);
    m_scorePanel->setGraph(m_graph, m_marks->pinnedAwayFrom(*m_source));
    std::vector<int> stillMarked;
    for (const NodeKey& key : marked)
        if (const int node = nodeOf(*m_graph, key); node >= 0)
            stillMarked.push_back(node);
    m_groups->setMarkedCount(countOf(stillMarked));
    m_canvas->setMarked(std::move(stillMarked));
    const int node = chosen ? nodeOf(*m_graph, *chosen) : -1;
    m_canvas->selectNode(node);
    m_nodePanel->setNode(m_graph, node);
    m_subgraph->selectNode(node);
    m_interventions->setNode(node);
    followSelection();
    m_scoring.poke();
    updateScores();
    updateFound();
    updateButtons();
}

void CircuitPage::chooseNode(int node)
{
    if (!m_graph)
        return;
    m_canvas->selectNode(node);
    const bool isAnother = node != m_nodePanel->node();
    m_nodePanel->setNode(m_graph, node);
    m_subgraph->selectNode(node);
    m_interventions->setNode(node);
    updateFound();
    if (isAnother)
        m_nodePanel->clearChange();
    if (node < 0)
        return;
    const core::GraphNode& chosen = m_graph->nodes[static_cast<std::size_t>(node)];
    m_selection->setPosition(chosen.position);
    if (chosen.kind != core::NodeKind::Feature || !m_session->dictionary(chosen.dictionary))
        return;
    const core::FeatureRef feature{chosen.dictionary, chosen.feature};
    m_rowsRequest = m_session->requestFeatureRows({feature});
    m_selection->setFeature(feature);
}

void CircuitPage::followSelection()
{
    std::vector<int> nodes;
    if (m_graph && m_selection->feature())
        for (int i = 0; i < countOf(m_graph->nodes); ++i) {
            const core::GraphNode& node = m_graph->nodes[static_cast<std::size_t>(i)];
            if (node.kind == core::NodeKind::Feature
                && node.feature == m_selection->feature()->feature
                && node.dictionary == m_selection->feature()->dictionary)
                nodes.push_back(i);
        }
    m_canvas->setHighlighted(std::move(nodes));
}

void CircuitPage::refreshLabel(const core::FeatureRow& row)
{
    if (!m_source)
        return;
    auto changed = std::make_shared<core::AttributionGraph>(*m_source);
    bool isAny = false;
    for (core::GraphNode& node : changed->nodes)
        if (node.kind == core::NodeKind::Feature && node.feature == row.feature.feature
            && node.dictionary == row.feature.dictionary) {
            node.label = labelText(row).toStdString();
            isAny = true;
        }
    if (!isAny)
        return;
    m_source = changed;
    applyMarks();
    const int node = chosenNode();
    if (node >= 0 && m_graph->nodes[static_cast<std::size_t>(node)].feature == row.feature.feature)
        m_nodePanel->setRow(row);
}

void CircuitPage::updatePruning()
{
    m_tools->setPruneProblem(m_source && m_source->id == 0
            ? tr(
                "This graph was read from a file, which holds only what was kept. Trace its prompt "
                "to prune it differently.")
            : QString());
}

void CircuitPage::updateFound()
{
    const std::vector<int> found = m_canvas->found();
    const auto current = std::find(found.begin(), found.end(), chosenNode());
    m_tools->setFound(
        current == found.end() ? -1 : static_cast<int>(current - found.begin()), countOf(found));
}

void CircuitPage::updateScores()
{
    if (!m_graph)
        return m_scores->clear();
    const auto count = [](std::int64_t shown, std::int64_t all) {
        return all > shown ? tr("%1 of %2").arg(formatCount(shown), formatCount(all))
                           : formatCount(shown);
    };
    QStringList parts{tr("Replacement score %1").arg(formatNumber(m_graph->replacementScore)),
        tr("completeness %1").arg(formatNumber(m_graph->completenessScore)),
        tr("errors carry %1 of the influence").arg(formatPercent(m_graph->errorShare)),
        tr("%1 nodes, %2 edges kept")
            .arg(count(countOf(m_graph->nodes), m_graph->unprunedNodes),
                count(countOf(m_graph->edges), m_graph->unprunedEdges))};
    if (m_graph->tracedFeatures < m_graph->activeFeatures)
        parts << tr("%1 of %2 active features traced")
                     .arg(formatCount(m_graph->tracedFeatures),
                         formatCount(m_graph->activeFeatures));
    if (const int pruned = m_marks->pinnedAwayFrom(*m_source); pruned > 0)
        parts << (pruned == 1 ? tr("1 pinned node is pruned away at these thresholds")
                              : tr("%1 pinned nodes are pruned away at these thresholds")
                                    .arg(formatCount(pruned)));
    if (!m_canvas->hiddenText().isEmpty())
        parts << m_canvas->hiddenText();
    if (m_graph->seconds > 0)
        parts << tr("traced in %1 s").arg(formatNumber(m_graph->seconds, 2));
    if (!m_graph->method.empty())
        parts << toQString(m_graph->method);
    if (!m_graph->note.empty())
        parts << toQString(m_graph->note);
    m_scores->setText(parts.join(QStringLiteral(" · ")));
}

} // namespace ui
