// What a person adds to the graph: pins, supernodes, the places of the subgraph's boxes.
#include "ui/circuit/circuit_page.h"

#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_groups.h"
#include "ui/circuit/group_nodes.h"
#include "ui/circuit/move_boxes.h"
#include "ui/circuit/pin_node.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <QPointer>

namespace ui {

namespace {

/// The list shows the groups that have a node in the pruned graph; the marks know all of them.
int markOf(const GraphMarks& marks, const core::AttributionGraph& graph, int shown)
{
    for (int group = 0; group < countOf(marks.groups()); ++group) {
        const auto& nodes = marks.groups()[static_cast<std::size_t>(group)].nodes;
        if (std::any_of(nodes.begin(), nodes.end(),
                [&](const NodeKey& key) { return nodeOf(graph, key) >= 0; })
            && shown-- == 0)
            return group;
    }
    return -1;
}

} // namespace

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

void CircuitPage::markGroup(int group)
{
    if (!m_graph || group < 0 || group >= countOf(m_graph->supernodes))
        return;
    const auto& nodes = m_graph->supernodes[static_cast<std::size_t>(group)].nodes;
    m_canvas->setMarked({nodes.begin(), nodes.end()});
    m_groups->setMarkedCount(countOf(nodes));
}

void CircuitPage::boxesMoved()
{
    Boxes after = m_subgraph->positions();
    if (after == m_boxes)
        return;
    const QPointer<CircuitPage> self(this); // the stack may outlive the page
    m_session->undoStack()->push(
        new MoveBoxesCommand(m_boxes, std::move(after), [self](const Boxes& boxes) {
            if (self)
                self->applyBoxes(boxes);
        }));
}

void CircuitPage::applyBoxes(const Boxes& boxes)
{
    m_boxes = boxes;
    if (m_subgraph->positions() != boxes)
        m_subgraph->setPositions(boxes);
}

} // namespace ui
