#include "core/circuits/graph_layout.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace {

using namespace core;

AttributionGraph crowdedGraph()
{
    AttributionGraph graph;
    graph.nLayers = 2;
    const auto add
        = [&](NodeKind kind, int layer, int position, float influence, float probability = 0.0f) {
              GraphNode node;
              node.kind = kind;
              node.layer = Layer(layer);
              node.position = Position(position);
              node.feature = FeatureId(static_cast<int>(graph.nodes.size()));
              node.influence = influence;
              node.probability = probability;
              graph.nodes.push_back(node);
          };
    for (int i = 0; i < 57; ++i)
        add(NodeKind::Feature, 1, 3, 0.9f - 0.01f * static_cast<float>(i));
    for (int i = 0; i < 4; ++i)
        add(NodeKind::Feature, 0, i, 0.5f);
    add(NodeKind::Error, 1, 3, 0.2f);
    for (int i = 0; i < 4; ++i)
        add(NodeKind::Token, -1, i, 0.3f);
    for (int i = 0; i < 10; ++i)
        add(NodeKind::Logit, 2, 3, -1.0f, 0.3f / static_cast<float>(i + 1));
    return graph;
}

TEST(GraphLayout, NodesStayInTheirCellAndNeverMeet)
{
    AttributionGraph graph = crowdedGraph();
    layOutGraph(graph);
    for (const GraphNode& node : graph.nodes) {
        EXPECT_LE(std::fabs(node.x - static_cast<float>(node.position.value)), 0.45f);
        const int row = node.kind == NodeKind::Token ? 0
            : node.kind == NodeKind::Logit           ? 3
                                                     : node.layer.value + 1;
        EXPECT_LE(std::fabs(node.y - static_cast<float>(row)), 0.35f);
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_GT(std::hypot(
                          graph.nodes[i].x - graph.nodes[j].x, graph.nodes[i].y - graph.nodes[j].y),
                0.05f)
                << i << " on " << j;
}

TEST(GraphLayout, LoneNodesStandInTheMiddleAndTheStrongestComeFirst)
{
    AttributionGraph graph = crowdedGraph();
    layOutGraph(graph);
    const GraphNode& token = graph.nodes[57 + 4 + 1 + 2];
    EXPECT_EQ(token.kind, NodeKind::Token);
    EXPECT_EQ(token.x, 2.0f);
    EXPECT_EQ(token.y, 0.0f);
    // The error node holds the smallest cumulative share, so it is the first of its cell: topmost,
    // leftmost.
    const GraphNode& error = graph.nodes[61];
    for (int i = 0; i < 57; ++i) {
        const GraphNode& other = graph.nodes[static_cast<std::size_t>(i)];
        EXPECT_TRUE(other.y < error.y || (other.y == error.y && other.x > error.x));
    }
    for (std::size_t i = 67; i < graph.nodes.size(); ++i) // Logits: more probable ones first.
        EXPECT_TRUE(
            graph.nodes[i].y < graph.nodes[i - 1].y || graph.nodes[i].x > graph.nodes[i - 1].x);
}

TEST(GraphLayout, DoesNotDependOnTheOrderOfNodes)
{
    AttributionGraph one = crowdedGraph(), two = one;
    std::reverse(two.nodes.begin(), two.nodes.end());
    layOutGraph(one);
    layOutGraph(two);
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        const GraphNode& same = two.nodes[one.nodes.size() - 1 - i];
        EXPECT_EQ(one.nodes[i].x, same.x);
        EXPECT_EQ(one.nodes[i].y, same.y);
    }
}

} // namespace
