#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/explain.h"
#include "core/api/session.h"

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <QPointF>
#include <QString>

namespace ui {

using core::NodeGroup;
using core::NodeKey;

NodeKey keyOf(const core::GraphNode& node);
/// Its index in a graph, -1 where it was pruned away.
int nodeOf(const core::AttributionGraph& graph, const NodeKey& key);

/// What a person marked in the graph of one prompt: pins, groups, and where boxes of the subgraph
/// were put. Kept apart from the engine's graph, so that pruning again loses nothing: a mark on a
/// node that was pruned away comes back with it.
struct GraphMarks {
    std::set<NodeKey> pinned;
    std::vector<NodeGroup> groups;
    std::vector<std::pair<QString, QPointF>> boxes; ///< The middle of each by its key.
    core::Story story; ///< What *Explain* said; empty: it was not asked.

    bool operator==(const GraphMarks&) const = default;
};

/// As they are saved, and back.
core::SavedMarks savedMarks(const GraphMarks& marks);
GraphMarks marksFrom(const core::SavedMarks& saved);

/// The boxes of an explanation as a person's own marks: supernodes of features, everything pinned.
GraphMarks marksOf(const core::Explanation& explanation);
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
