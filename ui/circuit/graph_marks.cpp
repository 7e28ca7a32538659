#include "ui/circuit/graph_marks.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ui {

NodeKey keyOf(const core::GraphNode& node)
{
    NodeKey key{
        node.kind, node.layer, node.position, node.feature, node.token, node.minusToken, {}};
    const bool isNamedByText
        = node.kind == core::NodeKind::Token || node.kind == core::NodeKind::Logit;
    if (isNamedByText && !node.token.isValid())
        key.label = node.label;
    return key;
}

int nodeOf(const core::AttributionGraph& graph, const NodeKey& key)
{
    const auto found = std::find_if(graph.nodes.begin(), graph.nodes.end(),
        [&](const core::GraphNode& node) { return keyOf(node) == key; });
    return found == graph.nodes.end() ? -1 : static_cast<int>(found - graph.nodes.begin());
}

core::SavedMarks savedMarks(const GraphMarks& marks)
{
    core::SavedMarks saved;
    saved.pinned.assign(marks.pinned.begin(), marks.pinned.end());
    saved.groups = marks.groups;
    for (const auto& [key, middle] : marks.boxes)
        saved.boxes.push_back({key.toStdString(), middle.x(), middle.y()});
    saved.story = marks.story;
    return saved;
}

GraphMarks marksFrom(const core::SavedMarks& saved)
{
    GraphMarks marks;
    marks.pinned.insert(saved.pinned.begin(), saved.pinned.end());
    marks.groups = saved.groups;
    for (const core::SavedMarks::Box& box : saved.boxes)
        marks.boxes.emplace_back(QString::fromStdString(box.key), QPointF(box.x, box.y));
    marks.story = saved.story;
    return marks;
}

GraphMarks marksOf(const core::Explanation& explanation)
{
    GraphMarks marks;
    for (const core::ExplainedBox& box : explanation.boxes) {
        marks.pinned.insert(box.nodes.begin(), box.nodes.end());
        if (box.kind == core::NodeKind::Feature)
            marks.groups.push_back({box.name, box.nodes});
    }
    marks.story = explanation.story;
    return marks;
}

GraphMarks marksOf(const core::AttributionGraph& graph)
{
    GraphMarks marks;
    for (const core::GraphNode& node : graph.nodes)
        if (node.isPinned)
            marks.pinned.insert(keyOf(node));
    for (const core::Supernode& supernode : graph.supernodes) {
        NodeGroup group{supernode.label, {}};
        for (const std::int32_t node : supernode.nodes)
            group.nodes.push_back(keyOf(graph.nodes[static_cast<std::size_t>(node)]));
        marks.groups.push_back(std::move(group));
    }
    return marks;
}

std::shared_ptr<const core::AttributionGraph> markedGraph(
    const core::AttributionGraph& graph, const GraphMarks& marks)
{
    auto marked = std::make_shared<core::AttributionGraph>(graph);
    std::map<NodeKey, std::int32_t> index;
    for (std::size_t i = 0; i < marked->nodes.size(); ++i) {
        const NodeKey key = keyOf(marked->nodes[i]);
        marked->nodes[i].isPinned = marks.pinned.contains(key);
        index.emplace(key, static_cast<std::int32_t>(i));
    }
    marked->supernodes.clear();
    for (const NodeGroup& group : marks.groups) {
        core::Supernode supernode{group.name, {}};
        for (const NodeKey& key : group.nodes)
            if (const auto found = index.find(key); found != index.end())
                supernode.nodes.push_back(found->second);
        if (!supernode.nodes.empty())
            marked->supernodes.push_back(std::move(supernode));
    }
    return marked;
}

int pinnedAway(const core::AttributionGraph& graph, const GraphMarks& marks)
{
    const auto kept = std::count_if(graph.nodes.begin(), graph.nodes.end(),
        [&](const core::GraphNode& node) { return marks.pinned.contains(keyOf(node)); });
    return static_cast<int>(marks.pinned.size()) - static_cast<int>(kept);
}

int groupOfSupernode(const core::AttributionGraph& graph, const GraphMarks& marks, int shown)
{
    for (std::size_t group = 0; group < marks.groups.size(); ++group) {
        const auto& nodes = marks.groups[group].nodes;
        if (std::any_of(nodes.begin(), nodes.end(),
                [&](const NodeKey& key) { return nodeOf(graph, key) >= 0; })
            && shown-- == 0)
            return static_cast<int>(group);
    }
    return -1;
}

void addGroup(GraphMarks& marks, NodeGroup group)
{
    for (NodeGroup& other : marks.groups)
        std::erase_if(other.nodes, [&](const NodeKey& key) {
            return std::find(group.nodes.begin(), group.nodes.end(), key) != group.nodes.end();
        });
    std::erase_if(marks.groups, [](const NodeGroup& other) { return other.nodes.empty(); });
    marks.groups.push_back(std::move(group));
}

} // namespace ui
