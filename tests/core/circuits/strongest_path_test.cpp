#include "core/circuits/strongest_path.h"

#include <gtest/gtest.h>

namespace {

using namespace core;

AttributionGraph graphOf(std::vector<NodeKind> kinds, std::vector<GraphEdge> edges)
{
    AttributionGraph graph;
    for (const NodeKind kind : kinds) {
        graph.nodes.emplace_back();
        graph.nodes.back().kind = kind;
    }
    graph.edges = std::move(edges);
    return graph;
}

TEST(StrongestPath, FollowsTheLargestPositiveInputThatIsNoError)
{
    using enum NodeKind;
    AttributionGraph graph = graphOf({Token, Feature, Feature, Error, Logit, Logit},
        {{3, 4, 9.0f}, {2, 4, -8.0f}, {1, 4, 2.0f}, {2, 5, 3.0f}, {0, 1, 0.5f}, {0, 2, 1.0f}});
    graph.nodes[4].probability = 0.7f;
    graph.nodes[5].probability = 0.2f;
    EXPECT_EQ(mostProbableLogit(graph), 4);
    EXPECT_EQ(strongestPath(graph, 4), (std::vector<std::int32_t>{4, 1, 0}));
    EXPECT_EQ(strongestPath(graph, 5), (std::vector<std::int32_t>{5, 2, 0}));
    EXPECT_EQ(strongestPath(graph, 0), (std::vector<std::int32_t>{0}));
    EXPECT_TRUE(strongestPath(graph, -1).empty());
}

TEST(StrongestPath, EndsAlsoWhereAFileHasACycle)
{
    const AttributionGraph graph
        = graphOf({NodeKind::Feature, NodeKind::Feature}, {{0, 1, 1.0f}, {1, 0, 1.0f}});
    EXPECT_EQ(strongestPath(graph, 0), (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(mostProbableLogit(graph), -1);
}

} // namespace
