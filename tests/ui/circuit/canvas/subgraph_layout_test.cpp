#include "tests/ui/support/small_graph.h"
#include "ui/circuit/canvas/subgraph_layout.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace {

void giveSizes(ui::Subgraph& graph, std::mt19937& random)
{
    for (ui::SubgraphBox& box : graph.boxes)
        box.size = {
            80.0 + static_cast<double>(random() % 90), 40.0 + static_cast<double>(random() % 20)};
}

/// Boxes over `layers` layers and ten positions, an arrow from most boxes to some above.
ui::Subgraph randomSubgraph(int boxes, int layers, std::mt19937& random)
{
    ui::Subgraph graph;
    graph.nLayers = layers;
    for (int i = 0; i < boxes; ++i) {
        ui::SubgraphBox box;
        box.key = QString::number(i);
        box.node = i;
        box.layer = static_cast<double>(random() % static_cast<unsigned>(layers + 2));
        box.position = static_cast<double>(random() % 10);
        graph.boxes.push_back(box);
    }
    for (int i = 0; i < boxes; ++i)
        for (int j = 0; j < boxes; ++j)
            if (graph.boxes[static_cast<std::size_t>(i)].layer
                    < graph.boxes[static_cast<std::size_t>(j)].layer
                && random() % 6 == 0)
                graph.arrows.push_back({i, j, 1.0, 0.01 * static_cast<double>(random() % 60)});
    giveSizes(graph, random);
    return graph;
}

const ui::SubgraphBox& boxOf(const ui::Subgraph& graph, const QString& title)
{
    const auto found = std::find_if(graph.boxes.begin(), graph.boxes.end(),
        [&](const ui::SubgraphBox& box) { return box.title == title; });
    EXPECT_NE(found, graph.boxes.end()) << qPrintable(title);
    return *found;
}

TEST(SubgraphTest, HoldsPinnedNodesAndSupernodesAndNothingElse)
{
    auto graph = tests::smallGraph();
    EXPECT_TRUE(ui::makeSubgraph(*graph).boxes.empty());
    graph->nodes[6].isPinned = graph->nodes[9].isPinned = graph->nodes[4].isPinned = true;
    graph->supernodes = {{"the city", {4, 5}}, {"gone", {}}, {"wrong", {4, -1, 99}}};
    const ui::Subgraph subgraph = ui::makeSubgraph(*graph);
    ASSERT_EQ(subgraph.boxes.size(), 3u); // Dallas stands in its supernode only
    const ui::SubgraphBox& city = boxOf(subgraph, QStringLiteral("the city"));
    EXPECT_EQ(city.group, 0);
    EXPECT_EQ(city.members, (std::vector<int>{4, 5}));
    EXPECT_TRUE(city.isPinned);
    EXPECT_DOUBLE_EQ(city.layer, 1.0); // row of layer 0
    EXPECT_DOUBLE_EQ(boxOf(subgraph, QStringLiteral("Texas")).layer, 2.0);
    EXPECT_EQ(boxOf(subgraph, QStringLiteral("Texas")).node, 6);
}

TEST(SubgraphTest, ArrowsSumEdgesAndShareWhatEntersTheirTarget)
{
    auto graph = tests::smallGraph();
    for (const int node : {2, 6, 9, 10})
        graph->nodes[static_cast<std::size_t>(node)].isPinned = true;
    graph->supernodes = {{"the city", {4, 5}}, {"answers", {9, 10}}};
    const ui::Subgraph subgraph = ui::makeSubgraph(*graph);
    const auto arrow = [&](const char* from, const char* to) {
        for (const ui::SubgraphArrow& a : subgraph.arrows)
            if (subgraph.boxes[static_cast<std::size_t>(a.from)].title == QString::fromUtf8(from)
                && subgraph.boxes[static_cast<std::size_t>(a.to)].title == QString::fromUtf8(to))
                return a;
        ADD_FAILURE() << from << " to " << to;
        return ui::SubgraphArrow();
    };
    // From the edges by hand: Dallas to Texas 3, cities to Texas 0.5; 3.5 enters Texas in all.
    EXPECT_NEAR(arrow("the city", "Texas").weight, 3.5, 1e-6);
    EXPECT_NEAR(arrow("the city", "Texas").share, 1.0, 1e-6);
    // Texas to Austin 4, to Dallas -1.25; 4 + 2.5 + 0.25 enter the one, 1.25 + 0.6 the other.
    EXPECT_NEAR(arrow("Texas", "answers").weight, 2.75, 1e-6);
    EXPECT_NEAR(arrow("Texas", "answers").share, 2.75 / 8.6, 1e-6);
    EXPECT_NEAR(arrow("the city", "answers").weight, 0.6, 1e-6);
    EXPECT_NEAR(arrow("·Dallas", "the city").weight, 3.0, 1e-6);
    EXPECT_EQ(subgraph.arrows.size(), 4u);
    for (std::size_t i = 1; i < subgraph.arrows.size(); ++i)
        EXPECT_GE(std::fabs(subgraph.arrows[i - 1].share), std::fabs(subgraph.arrows[i].share));
}

TEST(SubgraphTest, KeysNameABoxOverPruningsAndAreUnique)
{
    auto graph = tests::smallGraph();
    graph->nodes[6].isPinned = true;
    graph->supernodes = {{"same", {4}}, {"same", {5}}};
    const ui::Subgraph before = ui::makeSubgraph(*graph);
    graph->nodes.insert(graph->nodes.begin() + 3, graph->nodes[8]); // indices move
    graph->edges.clear();
    for (core::Supernode& group : graph->supernodes)
        for (std::int32_t& node : group.nodes)
            ++node;
    const ui::Subgraph after = ui::makeSubgraph(*graph);
    ASSERT_EQ(before.boxes.size(), after.boxes.size());
    for (std::size_t i = 0; i < before.boxes.size(); ++i) {
        EXPECT_EQ(before.boxes[i].key, after.boxes[i].key);
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_NE(before.boxes[i].key, before.boxes[j].key);
    }
}

TEST(SubgraphLayoutTest, NoTwoBoxesMeetAndLayersAscend)
{
    std::mt19937 random(11);
    for (int trial = 0; trial < 25; ++trial) {
        ui::Subgraph graph = randomSubgraph(4 + trial * 2, 3 + trial, random);
        ui::layOutSubgraph(graph);
        for (std::size_t a = 0; a < graph.boxes.size(); ++a)
            for (std::size_t b = a + 1; b < graph.boxes.size(); ++b) {
                const ui::SubgraphBox &one = graph.boxes[a], &two = graph.boxes[b];
                ASSERT_FALSE(one.rect().intersects(two.rect())) << trial << ": " << a << ", " << b;
                if (one.layer < two.layer) { // y grows downwards
                    ASSERT_GE(one.center.y(), two.center.y()) << trial << ": " << a << ", " << b;
                }
            }
        for (const ui::SubgraphArrow& arrow : graph.arrows)
            for (const QPointF& bend : arrow.bends)
                for (const ui::SubgraphBox& box : graph.boxes)
                    ASSERT_FALSE(box.rect().contains(bend)) << trial;
    }
}

TEST(SubgraphLayoutTest, EmbeddingsAndLogitsHaveRowsOfTheirOwn)
{
    std::mt19937 random(5);
    ui::Subgraph graph = randomSubgraph(30, 26, random);
    graph.arrows.clear(); // so that rows of neighbouring layers are joined
    ui::layOutSubgraph(graph);
    for (const ui::SubgraphBox& one : graph.boxes)
        for (const ui::SubgraphBox& two : graph.boxes)
            if ((one.layer == 0) != (two.layer == 0) || (one.layer == 27) != (two.layer == 27)) {
                EXPECT_NE(one.center.y(), two.center.y());
            }
}

TEST(SubgraphLayoutTest, TheSameGraphGetsTheSamePicture)
{
    std::mt19937 first(3), second(3);
    ui::Subgraph a = randomSubgraph(25, 8, first), b = randomSubgraph(25, 8, second);
    ui::layOutSubgraph(a);
    ui::layOutSubgraph(b);
    for (std::size_t i = 0; i < a.boxes.size(); ++i)
        EXPECT_EQ(a.boxes[i].center, b.boxes[i].center);
}

TEST(SubgraphLayoutTest, UncrossesWhatCanBeUncrossed)
{
    // Two rows of six, each joined to one above: in the order of the text they all cross.
    ui::Subgraph graph;
    graph.nLayers = 2;
    for (int i = 0; i < 12; ++i) {
        ui::SubgraphBox box;
        box.key = QString::number(i);
        box.layer = i < 6 ? 1 : 2;
        box.position = i < 6 ? i : 11 - i; // reversed above
        box.size = {60, 30};
        graph.boxes.push_back(box);
    }
    for (int i = 0; i < 6; ++i)
        graph.arrows.push_back({i, i + 6, 1.0, 0.5});
    ui::Subgraph crossed = graph;
    for (int i = 0; i < 12; ++i)
        crossed.boxes[static_cast<std::size_t>(i)].center
            = {crossed.boxes[static_cast<std::size_t>(i)].position * 100, i < 6 ? 100.0 : 0.0};
    EXPECT_EQ(ui::crossings(crossed), 15); // every pair
    ui::layOutSubgraph(graph);
    EXPECT_EQ(ui::crossings(graph), 0);
}

TEST(SubgraphLayoutTest, PositionsMoveTheirBoxesOnly)
{
    std::mt19937 random(9);
    ui::Subgraph graph = randomSubgraph(12, 6, random);
    ui::layOutSubgraph(graph);
    const ui::Subgraph tidy = graph;
    ui::applyPositions(graph, {{QStringLiteral("4"), {1234, -77}}, {QStringLiteral("x"), {}}});
    for (std::size_t i = 0; i < graph.boxes.size(); ++i)
        EXPECT_EQ(graph.boxes[i].center, i == 4 ? QPointF(1234, -77) : tidy.boxes[i].center);
    for (const ui::SubgraphArrow& arrow : graph.arrows)
        if (arrow.from == 4 || arrow.to == 4) {
            EXPECT_TRUE(arrow.bends.empty());
        }
}

} // namespace
