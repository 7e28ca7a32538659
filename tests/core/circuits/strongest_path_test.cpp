#include "core/circuits/strongest_path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

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

/// The share that a way carries, by the definition; every way is tried.
double mostCarried(const AttributionGraph& graph, std::int32_t from, std::int32_t to)
{
    if (from == to)
        return 1;
    double most = 0;
    for (const GraphEdge& edge : graph.edges) {
        if (edge.source != from || edge.weight <= 0)
            continue;
        double received = 0;
        for (const GraphEdge& other : graph.edges)
            received += other.target == edge.target ? std::abs(double(other.weight)) : 0;
        most = std::max(most, double(edge.weight) / received * mostCarried(graph, edge.target, to));
    }
    return most;
}

double carriedBy(const AttributionGraph& graph, const std::vector<std::int32_t>& way)
{
    double share = 1;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) {
        double received = 0, weight = 0;
        for (const GraphEdge& edge : graph.edges) {
            received += edge.target == way[i + 1] ? std::abs(double(edge.weight)) : 0;
            weight += edge.target == way[i + 1] && edge.source == way[i] ? double(edge.weight) : 0;
        }
        share *= weight / received;
    }
    return share;
}

TEST(StrongestWay, CarriesAsMuchAsTheBestOfAllWays)
{
    std::mt19937 random(11);
    std::uniform_real_distribution<float> weight(-1, 1);
    constexpr int kNodes = 9;
    int found = 0;
    for (int trial = 0; trial < 40; ++trial) {
        AttributionGraph graph = graphOf(std::vector<NodeKind>(kNodes, NodeKind::Feature), {});
        for (int target = 1; target < kNodes; ++target)
            for (int source = 0; source < target; ++source)
                if (random() % 2)
                    graph.edges.push_back({source, target, weight(random)});
        const auto way = strongestWay(graph, 0, kNodes - 1);
        const double most = mostCarried(graph, 0, kNodes - 1);
        ASSERT_EQ(way.empty(), most == 0);
        if (way.empty())
            continue;
        ++found;
        EXPECT_EQ(way.front(), 0);
        EXPECT_EQ(way.back(), kNodes - 1);
        EXPECT_NEAR(carriedBy(graph, way), most, 1e-12);
    }
    EXPECT_GT(found, 20);
}

TEST(StrongestWay, IsEmptyWhereNothingLeadsThere)
{
    using enum NodeKind;
    const AttributionGraph graph = graphOf({Token, Feature, Logit}, {{1, 2, 1.0f}, {0, 2, -1.0f}});
    EXPECT_TRUE(strongestWay(graph, 0, 2).empty());
    EXPECT_TRUE(strongestWay(graph, -1, 2).empty());
    EXPECT_TRUE(strongestWay(graph, 0, 7).empty());
    EXPECT_EQ(strongestWay(graph, 1, 1), (std::vector<std::int32_t>{1}));
    const AttributionGraph round
        = graphOf({Feature, Feature, Logit}, {{0, 1, 1.0f}, {1, 0, 1.0f}, {1, 2, 1.0f}});
    EXPECT_EQ(strongestWay(round, 0, 2), (std::vector<std::int32_t>{0, 1, 2}));
}

TEST(StrongestPath, EndsAlsoWhereAFileHasACycle)
{
    const AttributionGraph graph
        = graphOf({NodeKind::Feature, NodeKind::Feature}, {{0, 1, 1.0f}, {1, 0, 1.0f}});
    EXPECT_EQ(strongestPath(graph, 0), (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(mostProbableLogit(graph), -1);
}

} // namespace
