#pragma once

#include "core/api/attribution_graph.h"

#include <compare>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <QPointF>
#include <QString>

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

/// What a person marked in the graph of one prompt: pins, groups, and where boxes of the subgraph
/// were put. Kept apart from the engine's graph, so that pruning again loses nothing: a mark on a
/// node that was pruned away comes back with it.
struct GraphMarks {
    std::set<NodeKey> pinned;
    std::vector<NodeGroup> groups;
    std::vector<std::pair<QString, QPointF>> boxes; ///< The middle of each by its key.

    bool operator==(const GraphMarks&) const = default;
};

/// The pins and supernodes that a graph brought along.
GraphMarks marksOf(const core::AttributionGraph& graph);
/// A copy of the graph with the marks whose nodes are in it; groups without any node are left out.
std::shared_ptr<const core::AttributionGraph> markedGraph(
    const core::AttributionGraph& graph, const GraphMarks& marks);
/// How many pinned nodes the graph does not hold: pruned away at its thresholds.
int pinnedAway(const core::AttributionGraph& graph, const GraphMarks& marks);
/// The group that is the graph's supernode `shown`, -1 for none: the marks know also groups that
/// have no node in it.
int groupOfSupernode(const core::AttributionGraph& graph, const GraphMarks& marks, int shown);
/// Puts nodes together; a node stands in one group at most, and leaves the one it was in.
void addGroup(GraphMarks& marks, NodeGroup group);

} // namespace ui
