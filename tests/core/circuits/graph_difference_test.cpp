#include "core/circuits/graph_difference.h"

#include <gtest/gtest.h>

namespace {

using namespace core;
using Columns = std::vector<std::pair<int, int>>;

GraphNode feature(int layer, int position, int index, float activation, float influence)
{
    GraphNode node;
    node.layer = Layer(layer);
    node.position = Position(position);
    node.feature = FeatureId(index);
    node.activation = activation;
    node.rawInfluence = influence;
    node.dictionary = "t";
    return node;
}

GraphNode token(int position, const char* text)
{
    GraphNode node;
    node.kind = NodeKind::Token;
    node.position = Position(position);
    node.token = TokenId(100 + position);
    node.label = text;
    return node;
}

GraphNode logit(int position, int id)
{
    GraphNode node;
    node.kind = NodeKind::Logit;
    node.layer = Layer(2);
    node.position = Position(position);
    node.token = TokenId(id);
    node.probability = 0.5f;
    return node;
}

TEST(AlignTokens, SharedWordsFaceEachOtherAndNamesFromTheirEnd)
{
    EXPECT_EQ(alignTokens({"a", "b", "c"}, {"a", "b", "c"}), (Columns{{0, 0}, {1, 1}, {2, 2}}));
    EXPECT_EQ(alignTokens({"in", "Dal", "las", "is"}, {"in", "Oakland", "is"}),
        (Columns{{0, 0}, {1, -1}, {2, 1}, {3, 2}}));
    EXPECT_EQ(alignTokens({"x"}, {"y", "z"}), (Columns{{-1, 0}, {0, 1}}));
    EXPECT_EQ(alignTokens({"a", "b"}, {"a", "b", "c"}), (Columns{{0, 0}, {1, 1}, {-1, 2}}));
    EXPECT_TRUE(alignTokens({}, {}).empty());
}

TEST(GraphDifference, NodesAreMatchedByPlaceAndWeightsSubtracted)
{
    AttributionGraph first, second;
    first.nLayers = second.nLayers = 2;
    first.promptTokens = {"in", "Dal", "las", "is"};
    second.promptTokens = {"in", "Oakland", "is"};
    first.nodes = {token(0, "in"), token(2, "las"), feature(0, 2, 7, 1.0f, 0.3f),
        feature(1, 3, 9, 2.0f, 0.4f), logit(3, 5)};
    first.edges = {{3, 4, 2.0f}, {2, 3, 1.5f}, {1, 2, 1.0f}};
    second.nodes = {token(0, "in"), token(1, "Oakland"), feature(0, 1, 8, 1.0f, 0.2f),
        feature(1, 2, 9, 3.0f, 0.1f), logit(2, 5)};
    second.edges = {{3, 4, 0.5f}, {2, 3, -1.0f}, {1, 2, 1.0f}};
    const GraphDifference difference = differenceOf(first, second);
    const AttributionGraph& graph = difference.graph;
    EXPECT_EQ(graph.promptTokens, (std::vector<std::string>{"in", "Dal", "las | Oakland", "is"}));
    ASSERT_EQ(graph.nodes.size(), 6u);
    ASSERT_EQ(difference.nodes.size(), 6u);
    const auto find = [&](NodeKind kind, int index) {
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            if (graph.nodes[i].kind == kind
                && (kind != NodeKind::Feature || graph.nodes[i].feature == FeatureId(index))
                && (kind != NodeKind::Token || graph.nodes[i].position == Position(index)))
                return i;
        return graph.nodes.size();
    };
    const auto shared = find(NodeKind::Feature, 9);
    EXPECT_EQ(graph.nodes[shared].side, GraphSide::Both);
    EXPECT_EQ(graph.nodes[shared].position, Position(3));
    EXPECT_FLOAT_EQ(difference.nodes[shared].first.activation, 2.0f);
    EXPECT_FLOAT_EQ(difference.nodes[shared].second.activation, 3.0f);
    EXPECT_FLOAT_EQ(difference.nodes[shared].second.influence, 0.1f);
    EXPECT_EQ(graph.nodes[find(NodeKind::Feature, 7)].side, GraphSide::First);
    EXPECT_EQ(graph.nodes[find(NodeKind::Feature, 8)].side, GraphSide::Second);
    EXPECT_EQ(graph.nodes[find(NodeKind::Token, 2)].side, GraphSide::Both);
    EXPECT_EQ(graph.nodes[find(NodeKind::Token, 2)].label, "las | Oakland");
    EXPECT_EQ(graph.nodes[find(NodeKind::Logit, 0)].side, GraphSide::Both);
    ASSERT_EQ(graph.edges.size(), 5u); // Two of the six are the same edge.
    ASSERT_EQ(difference.weights.size(), 5u);
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
        EXPECT_FLOAT_EQ(
            graph.edges[i].weight, difference.weights[i].second - difference.weights[i].first);
        if (i > 0) {
            EXPECT_GE(std::abs(graph.edges[i - 1].weight), std::abs(graph.edges[i].weight));
        }
        if (static_cast<std::size_t>(graph.edges[i].source) == shared) {
            EXPECT_FLOAT_EQ(graph.edges[i].weight, -1.5f);
        }
    }
}

TEST(GraphDifference, OfAGraphWithItselfIsNothing)
{
    AttributionGraph graph;
    graph.nLayers = 2;
    graph.promptTokens = {"a", "b"};
    graph.nodes = {token(0, "a"), feature(0, 1, 7, 1.0f, 0.3f), logit(1, 5)};
    graph.edges = {{1, 2, 2.0f}, {0, 1, -1.0f}};
    const GraphDifference difference = differenceOf(graph, graph);
    ASSERT_EQ(difference.graph.nodes.size(), 3u);
    for (const GraphNode& node : difference.graph.nodes)
        EXPECT_EQ(node.side, GraphSide::Both);
    for (const GraphEdge& edge : difference.graph.edges)
        EXPECT_EQ(edge.weight, 0.0f);
}

} // namespace
