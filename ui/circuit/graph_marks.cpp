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

GraphMarks::GraphMarks(const core::AttributionGraph& graph)
{
    for (const core::GraphNode& node : graph.nodes)
        if (node.isPinned)
            m_pinned.insert(keyOf(node));
    for (const core::Supernode& supernode : graph.supernodes) {
        NodeGroup group{supernode.label, {}};
        for (const std::int32_t node : supernode.nodes)
            group.nodes.push_back(keyOf(graph.nodes[static_cast<std::size_t>(node)]));
        m_groups.push_back(std::move(group));
    }
}

void GraphMarks::setPinned(const NodeKey& node, bool isPinned)
{
    const bool isChanged = isPinned ? m_pinned.insert(node).second : m_pinned.erase(node) > 0;
    if (isChanged)
        Q_EMIT changed();
}

int GraphMarks::pinnedAwayFrom(const core::AttributionGraph& graph) const
{
    const auto kept = std::count_if(graph.nodes.begin(), graph.nodes.end(),
        [this](const core::GraphNode& node) { return isPinned(keyOf(node)); });
    return static_cast<int>(m_pinned.size()) - static_cast<int>(kept);
}

void GraphMarks::setGroups(std::vector<NodeGroup> groups)
{
    if (groups == m_groups)
        return;
    m_groups = std::move(groups);
    Q_EMIT changed();
}

std::shared_ptr<const core::AttributionGraph> GraphMarks::appliedTo(
    const core::AttributionGraph& graph) const
{
    auto marked = std::make_shared<core::AttributionGraph>(graph);
    std::map<NodeKey, std::int32_t> index;
    for (std::size_t i = 0; i < marked->nodes.size(); ++i) {
        const NodeKey key = keyOf(marked->nodes[i]);
        marked->nodes[i].isPinned = isPinned(key);
        index.emplace(key, static_cast<std::int32_t>(i));
    }
    marked->supernodes.clear();
    for (const NodeGroup& group : m_groups) {
        core::Supernode supernode{group.name, {}};
        for (const NodeKey& key : group.nodes)
            if (const auto found = index.find(key); found != index.end())
                supernode.nodes.push_back(found->second);
        if (!supernode.nodes.empty())
            marked->supernodes.push_back(std::move(supernode));
    }
    return marked;
}

} // namespace ui
