#pragma once

#include "core/api/attribution_graph.h"

#include <compare>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <QObject>

namespace ui {

/// What a node stands for, the same before and after pruning (its index is not).
struct NodeKey {
    core::NodeKind kind = core::NodeKind::Feature;
    core::Layer layer;
    core::Position position;
    core::FeatureId feature;
    core::TokenId token;
    core::TokenId minusToken; ///< Of a logit difference.
    std::string label; ///< Tokens and logits of files that name no token ids.

    auto operator<=>(const NodeKey&) const = default;
};
NodeKey keyOf(const core::GraphNode& node);
/// Its index in a graph, -1 where it was pruned away.
int nodeOf(const core::AttributionGraph& graph, const NodeKey& key);

/// Nodes put together by a person, under one name.
struct NodeGroup {
    std::string name;
    std::vector<NodeKey> nodes;

    bool operator==(const NodeGroup&) const = default;
};

/// What a person marked in the graph of one prompt: pins and groups. Kept apart from the engine's
/// graph, so that pruning again loses nothing: a mark on a node that was pruned away comes back
/// with it.
class GraphMarks : public QObject {
    Q_OBJECT
public:
    /// Takes the pins and supernodes that the graph brought along.
    explicit GraphMarks(const core::AttributionGraph& graph);

    bool isPinned(const NodeKey& node) const { return m_pinned.contains(node); }
    void setPinned(const NodeKey& node, bool isPinned);
    /// How many pinned nodes the graph does not hold: pruned away at its thresholds.
    int pinnedAwayFrom(const core::AttributionGraph& graph) const;
    const std::vector<NodeGroup>& groups() const { return m_groups; }
    void setGroups(std::vector<NodeGroup> groups);

    /// A copy of the graph with the marks whose nodes are in it; groups without any node are left
    /// out.
    std::shared_ptr<const core::AttributionGraph> appliedTo(
        const core::AttributionGraph& graph) const;

Q_SIGNALS:
    void changed();

private:
    std::set<NodeKey> m_pinned;
    std::vector<NodeGroup> m_groups;
};

} // namespace ui
