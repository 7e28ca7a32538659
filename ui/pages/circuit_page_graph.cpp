// The graph part of the page: showing it, marking it, changing its features, and files.
#include "ui/pages/circuit_page.h"

#include "ui/commands/group_nodes.h"
#include "ui/commands/pin_node.h"
#include "ui/pages/circuit_groups.h"
#include "ui/pages/circuit_node_panel.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"
#include "ui/views/circuit_canvas.h"
#include "ui/views/circuit_scene.h"
#include "ui/views/graph_export.h"
#include "ui/views/message_bar.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <QCheckBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>

namespace ui {

namespace {

int indexOf(const core::AttributionGraph& graph, const NodeKey& key)
{
    const auto found = std::find_if(graph.nodes.begin(), graph.nodes.end(),
        [&](const core::GraphNode& node) { return keyOf(node) == key; });
    return found == graph.nodes.end() ? -1 : static_cast<int>(found - graph.nodes.begin());
}

} // namespace

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
    }
    if (!graph->prompt.empty())
        setPrompt(toQString(graph->prompt));
    if (graph->id != 0) { // a file's thresholds say what was kept, the sliders what to ask for
        const QSignalBlocker nodes(m_nodeThreshold), edges(m_edgeThreshold);
        const int steps = m_nodeThreshold->maximum();
        m_nodeThreshold->setValue(
            static_cast<int>(std::lround(graph->settings.nodeThreshold * steps)));
        m_edgeThreshold->setValue(
            static_cast<int>(std::lround(graph->settings.edgeThreshold * steps)));
    }
    m_nodePanel->clearChange();
    display(m_marks->appliedTo(*m_source), true);
    updateSliders();
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
    m_groups->setGroups(m_graph->supernodes);
    std::vector<int> stillMarked;
    for (const NodeKey& key : marked)
        if (const int node = indexOf(*m_graph, key); node >= 0)
            stillMarked.push_back(node);
    m_groups->setMarkedCount(countOf(stillMarked));
    m_canvas->setMarked(std::move(stillMarked));
    const int node = chosen ? indexOf(*m_graph, *chosen) : -1;
    m_canvas->selectNode(node);
    m_nodePanel->setNode(m_graph, node);
    followSelection();
    updateScores();
    updateButtons();
}

void CircuitPage::chooseNode(int node)
{
    if (!m_graph)
        return;
    m_canvas->selectNode(node);
    const bool isAnother = node != m_nodePanel->node();
    m_nodePanel->setNode(m_graph, node);
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
    if (!m_canvas->hiddenText().isEmpty())
        parts << m_canvas->hiddenText();
    if (m_graph->seconds > 0)
        parts << tr("traced in %1 s").arg(formatNumber(m_graph->seconds, 2));
    if (!m_graph->note.empty())
        parts << toQString(m_graph->note);
    m_scores->setText(parts.join(QStringLiteral(" · ")));
    m_scores->setToolTip(
        tr("Replacement score: share of the influence that enters at tokens rather than errors. "
           "Completeness: share of the nodes' inputs that is explained. "
           "Attention patterns and norm scales are frozen."));
}

void CircuitPage::togglePin(int node)
{
    if (!m_graph || node < 0)
        return;
    const core::GraphNode& pinned = m_graph->nodes[static_cast<std::size_t>(node)];
    m_session->undoStack()->push(new PinNodeCommand(m_marks, keyOf(pinned), nodeTitle(pinned)));
}

void CircuitPage::pushGroups(const QString& what, std::vector<NodeGroup> groups)
{
    m_session->undoStack()->push(new GroupNodesCommand(what, m_marks, std::move(groups)));
}

void CircuitPage::groupMarked()
{
    const std::vector<int> marked = m_canvas->markedNodes();
    if (!m_graph || marked.size() < 2)
        return;
    std::vector<NodeGroup> groups = m_marks->groups();
    NodeGroup group;
    int strongest = marked.front(); // lends its name until a person gives another
    for (const int node : marked) {
        const auto at = static_cast<std::size_t>(node);
        if (m_graph->nodes[at].rawInfluence
            > m_graph->nodes[static_cast<std::size_t>(strongest)].rawInfluence)
            strongest = node;
        group.nodes.push_back(keyOf(m_graph->nodes[at]));
    }
    // A node stands in one supernode at most.
    for (NodeGroup& other : groups)
        std::erase_if(other.nodes, [&](const NodeKey& key) {
            return std::find(group.nodes.begin(), group.nodes.end(), key) != group.nodes.end();
        });
    std::erase_if(groups, [](const NodeGroup& other) { return other.nodes.empty(); });
    group.name = nodeTitle(m_graph->nodes[static_cast<std::size_t>(strongest)]).toStdString();
    groups.push_back(std::move(group));
    m_canvas->setMarked({});
    pushGroups(tr("grouping of %1 nodes").arg(marked.size()), std::move(groups));
}

/// The list shows the groups that have a node in the pruned graph; the marks know all of them.
static int markOf(const GraphMarks& marks, const core::AttributionGraph& graph, int shown)
{
    for (int group = 0; group < countOf(marks.groups()); ++group) {
        const auto& nodes = marks.groups()[static_cast<std::size_t>(group)].nodes;
        if (std::any_of(nodes.begin(), nodes.end(),
                [&](const NodeKey& key) { return indexOf(graph, key) >= 0; })
            && shown-- == 0)
            return group;
    }
    return -1;
}

void CircuitPage::renameGroup(int group, const QString& name)
{
    const int index = m_graph ? markOf(*m_marks, *m_graph, group) : -1;
    if (index < 0)
        return;
    std::vector<NodeGroup> groups = m_marks->groups();
    if (name.isEmpty() || groups[static_cast<std::size_t>(index)].name == name.toStdString())
        return m_groups->setGroups(m_graph->supernodes);
    groups[static_cast<std::size_t>(index)].name = name.toStdString();
    // The list's editor is still open: it must not be rebuilt under its hands.
    QMetaObject::invokeMethod(
        this, [this, groups, name] { pushGroups(tr("name “%1”").arg(name), groups); },
        Qt::QueuedConnection);
}

void CircuitPage::dissolveGroup(int group)
{
    const int index = m_graph ? markOf(*m_marks, *m_graph, group) : -1;
    if (index < 0)
        return;
    std::vector<NodeGroup> groups = m_marks->groups();
    const QString name = toQString(groups[static_cast<std::size_t>(index)].name);
    groups.erase(groups.begin() + index);
    m_canvas->setMarked({});
    pushGroups(tr("ungrouping of “%1”").arg(name), std::move(groups));
}

void CircuitPage::changeNode(double value)
{
    const int node = chosenNode();
    if (!m_graph || node < 0 || !changeProblem().isEmpty())
        return;
    const core::GraphNode& feature = m_graph->nodes[static_cast<std::size_t>(node)];
    if (feature.kind != core::NodeKind::Feature)
        return;
    m_messages->clear();
    core::InterveneRequest request;
    request.prompt = m_graph->prompt;
    request.settings.push_back({feature.layer, feature.position, feature.feature, value});
    request.dictionaries = m_graph->dictionaries;
    m_session->intervene(request);
}

void CircuitPage::showChange(const Shared<core::InterveneResult>& result)
{
    if (result->request.settings.empty())
        return;
    const core::FeatureSetting& setting = result->request.settings.front();
    QString name = tr("feature %1").arg(setting.feature.value);
    if (m_graph)
        for (const core::GraphNode& node : m_graph->nodes)
            if (node.kind == core::NodeKind::Feature && node.feature == setting.feature
                && node.layer == setting.layer && node.position == setting.position)
                name = nodeTitle(node);
    const QString layer = QString::number(setting.layer.value),
                  position = QString::number(setting.position.value);
    const QString change = setting.value == 0.0
        ? tr("Next token with %1 ablated at layer %2, position %3:").arg(name, layer, position)
        : tr("Next token with %1 set to %2 at layer %3, position %4:")
              .arg(name, formatNumber(setting.value), layer, position);
    m_nodePanel->showChange(*result, change);
}

core::Result<void> CircuitPage::exportTo(const QString& path) const
{
    GraphExportOptions options;
    options.showsErrors = m_errors->isChecked();
    options.palette = lightPalette(); // for paper
    return exportGraph(m_graph, path, options);
}

void CircuitPage::exportPicture()
{
    const QString png = tr("PNG picture (*.png)"), svg = tr("SVG drawing (*.svg)"),
                  pdf = tr("PDF document (*.pdf)");
    QString filter = png;
    QString path = QFileDialog::getSaveFileName(this, tr("Save the graph as a picture"),
        QStringLiteral("circuit.png"), QStringList{png, svg, pdf}.join(QStringLiteral(";;")),
        &filter);
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += filter == svg ? QStringLiteral(".svg")
            : filter == pdf   ? QStringLiteral(".pdf")
                              : QStringLiteral(".png");
    if (const core::Result<void> written = exportTo(path); !written)
        m_messages->showError(toQString(written.error().message));
    else
        m_messages->showMessage(MessageBar::Kind::Info, tr("Saved as %1").arg(path));
}

void CircuitPage::saveGraph()
{
    QString path = QFileDialog::getSaveFileName(this, tr("Save the graph"),
        QStringLiteral("circuit.json"), tr("Attribution graphs (*.json)"));
    if (path.isEmpty() || !m_graph)
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += QStringLiteral(".json");
    m_session->saveGraph(m_graph, path);
}

void CircuitPage::openGraph()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open a graph"), {}, tr("Attribution graphs (*.json)"));
    if (!path.isEmpty())
        m_session->loadGraph(path);
}

} // namespace ui
