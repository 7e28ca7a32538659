#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/story.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <QPointF>
#include <QRectF>
#include <QString>

namespace ui {

/// A supernode, or a pinned node that is in none.
struct SubgraphBox {
    QString key; ///< Names the box over prunings: kind, place and number, or the group's label.
    QString title;
    QString detail; ///< "layer 5 · ·Dallas", "4 features · layers 2–5".
    int node = -1; ///< Of a single node, else -1.
    int group = -1; ///< Index into the graph's supernodes, else -1.
    std::vector<int> members; ///< Nodes of the graph.
    core::NodeKind kind = core::NodeKind::Feature; ///< Of its members, the first.
    core::GraphSide side = core::GraphSide::Both; ///< Both unless all members stand on one.
    bool isPinned = false;
    double layer = 0; ///< Mean row of its members: 0 = embeddings, layer + 1, logits on top.
    double position = 0; ///< Mean token position.
    QSizeF size; ///< Set by whoever knows the font.
    QPointF center; ///< Set by layOutSubgraph.
    QRectF rect() const { return {center - QPointF(size.width() / 2, size.height() / 2), size}; }
};

/// All direct effects from one box to another.
struct SubgraphArrow {
    int from = 0, to = 0; ///< Boxes.
    double weight = 0; ///< Sum of the edges.
    /// The same as a share of all that enters the target's members (sum of absolute weights):
    /// every edge's share of its target's input, averaged by the targets' inputs.
    double share = 0;
    std::vector<QPointF> bends; ///< Where it passes between boxes of rows it does not end in.
    int line = -1; ///< Of the story that is told; -1 = it tells nothing of this arrow.
};

struct Subgraph {
    std::vector<SubgraphBox> boxes;
    std::vector<SubgraphArrow> arrows; ///< Strongest share first.
    int nLayers = 0;
    int hiddenArrows = 0; ///< That the story does not tell of, `tellStory`.
};

/// What a person pinned and grouped. Linear in nodes and edges.
Subgraph makeSubgraph(const core::AttributionGraph& graph);
/// Gives words and the answer the names that the story has for them and arrows their lines, and
/// leaves out those between two boxes of the story of which it tells
/// nothing. What a person added since keeps its arrows.
void tellStory(Subgraph& graph, const core::AttributionGraph& source, const core::Story& story);
/// The line with the names that the boxes have now; where they are gone, with those they had.
QString storySentence(const Subgraph& graph, const core::Story& story, int line);

/// Distances between boxes, in scene units.
struct SubgraphSpacing {
    double across = 28, up = 56;
    double widest = 1100; ///< Neighbouring layers without arrows share a row up to this width.
};

/// Gives every box its centre: rows by mean layer from the bottom up, embeddings and logits in rows
/// of their own; order in a row by barycentre sweeps to reduce crossings; x near what a box is
/// connected to. No two boxes meet. The same graph always gets the same picture.
void layOutSubgraph(Subgraph& graph, const SubgraphSpacing& spacing = {});

/// Pairs of arrows whose straight lines, by way of their bends, cross.
int crossings(const Subgraph& graph);

QRectF boundsOf(const Subgraph& graph);

using BoxPositions = std::vector<std::pair<QString, QPointF>>;
/// Moves the boxes named in `positions`, whose arrows then run straight; unknown keys are passed
/// over.
void applyPositions(Subgraph& graph, const BoxPositions& positions);

} // namespace ui
