#include "tests/ui/support/small_graph.h"
#include "ui/circuit/canvas/circuit_edges.h"
#include "ui/circuit/canvas/circuit_labels.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/canvas/circuit_walk.h"
#include "ui/circuit/connection_model.h"
#include "ui/circuit/token_change_model.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QAbstractItemModelTester>
#include <QGuiApplication>

#include <gtest/gtest.h>

namespace {

ui::CircuitPaint paintOf()
{
    ui::CircuitPaint paint;
    paint.palette = ui::lightPalette();
    paint.font = QGuiApplication::font();
    return paint;
}

TEST(CircuitSceneTest, ColumnsStandInTheOrderOfTheTokensAndDoNotMeet)
{
    const ui::CircuitScene scene(tests::smallGraph());
    ASSERT_EQ(scene.columnCount(), 3);
    for (int column = 1; column < 3; ++column)
        EXPECT_NEAR(scene.columnCenter(column) - scene.columnWidth(column) / 2,
            scene.columnCenter(column - 1) + scene.columnWidth(column - 1) / 2, 1e-9);
    for (int node = 0; node < scene.nodeCount(); ++node) {
        const int column = scene.columnOf(node);
        EXPECT_LT(
            std::abs(scene.center(node).x() - scene.columnCenter(column)) + scene.radius(node),
            scene.columnWidth(column) / 2)
            << node;
    }
    EXPECT_EQ(scene.columnName(2), QStringLiteral("·Dallas"));
}

TEST(CircuitSceneTest, RowsAreLayersWithEmbeddingsBelowAndLogitsOnTop)
{
    const ui::CircuitScene scene(tests::smallGraph());
    ASSERT_EQ(scene.rowCount(), 4);
    EXPECT_EQ(scene.rowName(0), QStringLiteral("Embedding"));
    EXPECT_EQ(scene.rowName(1), QStringLiteral("Layer 0"));
    EXPECT_EQ(scene.rowName(3), QStringLiteral("Logits"));
    const std::vector<int> upwards{2, 4, 6, 9}; // token, layer 0, layer 1, logit
    for (std::size_t i = 1; i < upwards.size(); ++i)
        EXPECT_LT(scene.center(upwards[i]).y(), scene.center(upwards[i - 1]).y());
    EXPECT_LT(scene.center(4).x(), scene.center(5).x()); // the graph's own order inside a cell
    EXPECT_DOUBLE_EQ(scene.center(4).y(), scene.center(5).y());
}

TEST(CircuitSceneTest, NoTwoNodesMeetEvenInCrowdedCells)
{
    auto crowded = tests::largeGraph(600, 0);
    crowded->nodes[60].x = crowded->nodes[0].x; // a producer that put two nodes on one spot
    const ui::CircuitScene scene(crowded);
    for (int a = 0; a < scene.nodeCount(); ++a)
        for (int b = a + 1; b < scene.nodeCount(); ++b) {
            const QPointF d = scene.center(a) - scene.center(b);
            ASSERT_GT(std::hypot(d.x(), d.y()), scene.radius(a) + scene.radius(b))
                << a << " and " << b;
        }
}

TEST(CircuitSceneTest, TheNodeUnderAPointIsFoundWithinTheSlack)
{
    const ui::CircuitScene scene(tests::smallGraph());
    for (int node = 0; node < scene.nodeCount(); ++node)
        EXPECT_EQ(scene.nodeAt(scene.center(node), 0), node);
    const QPointF beside = scene.center(6) + QPointF(scene.radius(6) + 3, 0);
    EXPECT_EQ(scene.nodeAt(beside, 0), -1);
    EXPECT_EQ(scene.nodeAt(beside, 5), 6);
}

TEST(CircuitSceneTest, TheGridFindsWhatAScanOfAllNodesFinds)
{
    const ui::CircuitScene scene(tests::largeGraph(700, 0));
    for (int i = 0; i < 2000; ++i) {
        const QPointF point(scene.bounds().width() * ((i * 37) % 1000) / 1000.0,
            scene.bounds().height() * ((i * 61) % 997) / 997.0);
        const double slack = i % 3 * 12.0;
        int best = -1;
        double nearest = slack;
        for (int node = 0; node < scene.nodeCount(); ++node) {
            const QPointF d = point - scene.center(node);
            if (const double distance = std::hypot(d.x(), d.y()) - scene.radius(node);
                distance < nearest) {
                nearest = distance;
                best = node;
            }
        }
        ASSERT_EQ(scene.nodeAt(point, slack), best) << i;
    }
}

TEST(CircuitSceneTest, EdgesAtANodeAreAllOfThemStrongestFirst)
{
    const auto graph = tests::largeGraph(50, 3000);
    const ui::CircuitScene scene(graph);
    for (int node = 0; node < 50; ++node) {
        std::vector<int> in, out;
        double total = 0;
        for (int e = 0; e < 3000; ++e) {
            const core::GraphEdge& edge = graph->edges[static_cast<std::size_t>(e)];
            if (edge.target == node) {
                in.push_back(e);
                total += std::fabs(static_cast<double>(edge.weight));
            }
            if (edge.source == node)
                out.push_back(e);
        }
        EXPECT_TRUE(std::equal(
            in.begin(), in.end(), scene.incoming(node).begin(), scene.incoming(node).end()));
        EXPECT_TRUE(std::equal(
            out.begin(), out.end(), scene.outgoing(node).begin(), scene.outgoing(node).end()));
        EXPECT_NEAR(scene.inputTotal(node), total, 1e-9);
    }
}

TEST(CircuitEdgesTest, InfluenceGoesDownFromTheOutputsByTheSharesOfTheInputs)
{
    const auto graph = tests::smallGraph();
    const ui::CircuitScene scene(graph);
    double most = 0;
    std::vector<double> expected;
    for (const core::GraphEdge& edge : graph->edges) {
        double inputs = 0;
        for (const core::GraphEdge& other : graph->edges)
            if (other.target == edge.target)
                inputs += std::abs(static_cast<double>(other.weight));
        const core::GraphNode& target = graph->nodes[static_cast<std::size_t>(edge.target)];
        const double influence = static_cast<double>(target.rawInfluence)
            + (target.kind == core::NodeKind::Logit ? static_cast<double>(target.probability)
                                                    : 0.0);
        expected.push_back(influence * std::abs(static_cast<double>(edge.weight)) / inputs);
        most = std::max(most, expected.back());
    }
    ASSERT_GT(most, 0.0);
    for (std::size_t e = 0; e < expected.size(); ++e)
        EXPECT_NEAR(
            static_cast<double>(scene.edgeInfluence(static_cast<int>(e))), expected[e] / most, 1e-5)
            << e;
}

TEST(CircuitEdgesTest, WeakEdgesFadeAndTheStrongCarryHalf)
{
    const auto graph = tests::largeGraph(300, 4000);
    const ui::CircuitScene scene(graph);
    ui::CircuitPaint paint = paintOf();
    paint.edgeBudget = 4000;
    const ui::EdgeChoice choice = ui::chooseEdges(scene, paint);
    ASSERT_EQ(choice.drawn.size(), 4000u);
    ASSERT_GT(choice.fadedFrom, 0);
    ASSERT_LT(choice.fadedFrom, 4000);
    for (std::size_t i = 1; i < choice.drawn.size(); ++i)
        EXPECT_GE(scene.edgeInfluence(choice.drawn[i - 1]), scene.edgeInfluence(choice.drawn[i]));
    EXPECT_FLOAT_EQ(choice.fadedBelow,
        scene.edgeInfluence(choice.drawn[static_cast<std::size_t>(choice.fadedFrom - 1)]));
    const ui::EdgeChoice few = ui::chooseEdges(ui::CircuitScene(tests::smallGraph()), paint);
    EXPECT_EQ(few.fadedFrom, static_cast<int>(few.drawn.size())) << "few edges need no fading";
}

TEST(CircuitEdgesTest, AWayLeadsThroughTheNodeFromTheOutputToAWord)
{
    const auto graph = tests::smallGraph();
    const ui::CircuitScene scene(graph);
    const ui::CircuitPaint paint = paintOf();
    for (int node = 0; node < scene.nodeCount(); ++node) {
        const std::vector<int> path = ui::pathThrough(scene, paint, node);
        bool isOnIt = path.empty();
        for (std::size_t i = 0; i < path.size(); ++i) {
            const core::GraphEdge& edge = graph->edges[static_cast<std::size_t>(path[i])];
            isOnIt = isOnIt || edge.source == node || edge.target == node;
            if (i > 0) {
                EXPECT_EQ(edge.target, graph->edges[static_cast<std::size_t>(path[i - 1])].source)
                    << "it does not break off";
            }
        }
        EXPECT_TRUE(isOnIt) << node;
    }
    const std::vector<int> dallas = ui::pathThrough(scene, paint, 4);
    ASSERT_FALSE(dallas.empty());
    EXPECT_EQ(scene.node(graph->edges[static_cast<std::size_t>(dallas.front())].target).kind,
        core::NodeKind::Logit);
    EXPECT_EQ(scene.node(graph->edges[static_cast<std::size_t>(dallas.back())].source).kind,
        core::NodeKind::Token);
}

TEST(CircuitEdgesTest, TheStrongestThatCrossTheViewAreDrawn)
{
    const auto graph = tests::largeGraph(300, 4000);
    const ui::CircuitScene scene(graph);
    ui::CircuitPaint paint = paintOf();
    paint.edgeBudget = 100;
    const ui::EdgeChoice all = ui::chooseEdges(scene, paint);
    EXPECT_TRUE(all.isCut);
    ASSERT_EQ(all.drawn.size(), 100u);
    std::vector<int> drawn = all.drawn;
    std::sort(drawn.begin(), drawn.end());
    for (int e = 0; e < 100; ++e)
        EXPECT_EQ(drawn[static_cast<std::size_t>(e)], e);
    // Around one node: every edge that ends there crosses the view.
    const int node = 123;
    paint.view = QRectF(scene.center(node) - QPointF(5, 5), QSizeF(10, 10));
    paint.edgeBudget = 4000;
    const ui::EdgeChoice near = ui::chooseEdges(scene, paint);
    EXPECT_FALSE(near.isCut);
    EXPECT_LT(near.drawn.size(), 2000u);
    for (const auto edges : {scene.incoming(node), scene.outgoing(node)})
        for (const int e : edges)
            EXPECT_EQ(std::count(near.drawn.begin(), near.drawn.end(), e), 1) << e;
    paint.view = QRectF(-500, -500, 10, 10);
    EXPECT_TRUE(ui::chooseEdges(scene, paint).drawn.empty());
}

TEST(CircuitSceneTest, HostileIndicesStayInside)
{
    auto odd = tests::smallGraph();
    odd->nodes[3].position = core::Position(99);
    odd->nodes[4].position = core::Position();
    odd->nodes[6].layer = core::Layer(99);
    const ui::CircuitScene scene(odd);
    for (int node = 0; node < scene.nodeCount(); ++node)
        EXPECT_TRUE(scene.bounds().contains(scene.center(node))) << node;
}

TEST(CircuitSceneTest, TitlesAreLabelsElseLayerAndNumber)
{
    const auto graph = tests::smallGraph();
    EXPECT_EQ(ui::nodeTitle(graph->nodes[6]), QStringLiteral("Texas"));
    EXPECT_EQ(ui::nodeTitle(graph->nodes[7]), QStringLiteral("L1 / 15"));
    EXPECT_EQ(ui::nodeTitle(graph->nodes[2]), QStringLiteral("·Dallas"));
    EXPECT_EQ(ui::nodeTitle(graph->nodes[9]), QStringLiteral("·Austin 75.0 %"));
    core::GraphNode difference = graph->nodes[9];
    difference.label = "Austin - Sacramento";
    difference.minusToken = core::TokenId(7);
    difference.logitDifference = 4.25f;
    EXPECT_EQ(ui::nodeTitle(difference), QStringLiteral("Austin·-·Sacramento +4.25"));
    difference.logitDifference = -0.5f;
    EXPECT_EQ(ui::nodeTitle(difference), QStringLiteral("Austin·-·Sacramento -0.500"));
    core::GraphNode output = graph->nodes[9];
    output.label = "Output \" Austin\" (p=0.750)"; // as circuit-tracer writes it
    EXPECT_EQ(ui::nodeTitle(output), QStringLiteral("·Austin 75.0 %"));
}

TEST(CircuitLabelsTest, LabelsNeitherMeetNorCoverNodesAndLeftOutOnesAreCounted)
{
    const ui::CircuitScene scene(tests::largeGraph(300, 0));
    const ui::CircuitLabels labels = ui::placeCircuitLabels(scene, paintOf());
    EXPECT_EQ(static_cast<int>(labels.placed.size()) + labels.leftOut, 300);
    EXPECT_GT(labels.placed.size(), 60u);
    for (std::size_t a = 0; a < labels.placed.size(); ++a) {
        for (std::size_t b = a + 1; b < labels.placed.size(); ++b)
            ASSERT_FALSE(labels.placed[a].place.intersects(labels.placed[b].place));
        for (int node = 0; node < scene.nodeCount(); ++node)
            ASSERT_FALSE(labels.placed[a].place.contains(scene.center(node)));
    }
}

TEST(CircuitLabelsTest, ASmallGraphGetsAllItsNamesAndSupernodesTheirs)
{
    auto graph = tests::smallGraph();
    graph->supernodes.push_back({"the city", {4, 5}});
    const ui::CircuitScene scene(graph);
    const ui::CircuitLabels labels = ui::placeCircuitLabels(scene, paintOf());
    EXPECT_EQ(labels.leftOut, 0);
    QStringList texts;
    for (const ui::CircuitLabel& label : labels.placed)
        texts << label.lines.join(QLatin1Char(' '));
    EXPECT_TRUE(texts.contains(QStringLiteral("the city")));
    EXPECT_TRUE(texts.contains(QStringLiteral("Texas")));
    EXPECT_TRUE(texts.contains(QStringLiteral("·Austin 75.0 %")));
}

TEST(ConnectionModelTest, ListsBothDirectionsStrongestFirstWithShares)
{
    ui::ConnectionModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setNode(tests::smallGraph(), 6);
    ASSERT_EQ(model.rowCount(), 4);
    const std::vector<int> others{9, 4, 10, 5}; // 4.0, 3.0, -1.25, 0.5
    for (int row = 0; row < 4; ++row)
        EXPECT_EQ(model.nodeAt(row), others[static_cast<std::size_t>(row)]);
    const auto text
        = [&](int row, int column) { return model.index(row, column).data().toString(); };
    EXPECT_EQ(text(1, ui::ConnectionModel::Direction), QStringLiteral("← from"));
    EXPECT_EQ(text(1, ui::ConnectionModel::Node), QStringLiteral("Dallas (layer 0, position 2)"));
    EXPECT_EQ(text(1, ui::ConnectionModel::Weight), QStringLiteral("3.00"));
    EXPECT_EQ(text(1, ui::ConnectionModel::Share), QStringLiteral("85.7 %")); // 3 of 3.5 into Texas
    EXPECT_EQ(text(0, ui::ConnectionModel::Direction), QStringLiteral("→ to"));
    EXPECT_EQ(
        text(0, ui::ConnectionModel::Share), QStringLiteral("59.3 %")); // 4 of 6.75 into Austin
    EXPECT_EQ(text(2, ui::ConnectionModel::Weight), QStringLiteral("-1.25"));
    EXPECT_EQ(model.toTable({1}).count(QLatin1Char('\n')), 1);
    EXPECT_TRUE(
        model.toTable({1}).contains(QStringLiteral("Dallas (layer 0, position 2)\t3.00\t85.7 %")));
    model.setNode(nullptr, -1);
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(TokenChangeModelTest, TokensMissingFromARunAreBoundedNotInvented)
{
    ui::TokenChangeModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    const core::NextToken austin{core::TokenId(1), " Austin", 0.98f},
        dallas{core::TokenId(2), " Dallas", 0.004f},
        sacramento{core::TokenId(3), " Sacramento", 0.97f};
    model.setRuns({QStringLiteral("Before"), QStringLiteral("After")},
        {{austin, dallas}, {sacramento, austin}}, 1);
    ASSERT_EQ(model.rowCount(), 2); // the union of each run's first
    EXPECT_EQ(model.index(0, 0).data().toString(), QStringLiteral("·Austin"));
    EXPECT_EQ(model.index(0, 1).data().toString(), QStringLiteral("0.98"));
    EXPECT_EQ(model.index(1, 0).data().toString(), QStringLiteral("·Sacramento"));
    EXPECT_EQ(model.index(1, 1).data().toString(), QStringLiteral("<0.004"));
    EXPECT_EQ(model.index(1, 2).data().toString(), QStringLiteral("0.97"));
}

} // namespace
