#include "core/api/attribution_graph.h"
#include "core/api/compare_graphs.h"
#include "core/api/swap.h"
#include "core/api/trace.h"
#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_compare.h"
#include "ui/circuit/comparison_model.h"
#include "ui/circuit/patching/patch_panel.h"
#include "ui/circuit/swap_test/swap_test_panel.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

namespace {

using View = ui::CircuitPage::View;

core::GraphComparison comparison()
{
    core::GraphComparison made;
    made.graph = *tests::smallGraph();
    made.graph.nodes[6].side = core::GraphSide::First;
    made.nodes.resize(made.graph.nodes.size());
    made.edges.resize(made.graph.edges.size());
    made.nodes[6].firstInfluence = 0.5f;
    made.nodes[4].secondInfluence = 0.25f;
    made.nodes[4].firstInfluence = 0.125f;
    made.firstPrompt = "capital of Dallas";
    made.secondPrompt = "capital of Oakland";
    made.nodesInBoth = 10;
    made.nodesInFirst = 1;
    return made;
}

class CircuitViewsTest : public tests::CircuitTest {
protected:
    CircuitViewsTest()
    {
        engine->script<core::CompareGraphsRequest>().answer
            = [](const core::CompareGraphsRequest&) { return comparison(); };
    }
    ui::SubgraphView* subgraph() { return find<ui::SubgraphView>("subgraphView"); }
    QTabWidget* panels() { return find<QTabWidget>("circuitPanels"); }
};

TEST_F(CircuitViewsTest, TwoPromptsAreTracedAlikeAndLaidOverEachOther)
{
    page.showView(View::Compare);
    EXPECT_FALSE(panels()->isVisible()); // they speak of the one graph
    QSignalSpy shown(page.comparison(), &ui::CircuitCompare::shown);
    auto* second = find<QLineEdit>("secondPrompt");
    second->setText(QStringLiteral("capital of Oakland"));
    QTest::keyClick(second, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    ASSERT_EQ(calls<core::TraceRequest>().size(), 2u); // the first is there already
    EXPECT_EQ(calls<core::TraceRequest>()[1].prompt, "capital of Oakland");
    EXPECT_DOUBLE_EQ(calls<core::TraceRequest>()[1].settings.nodeThreshold, 0.8);
    ASSERT_EQ(calls<core::CompareGraphsRequest>().size(), 1u);
    EXPECT_EQ(calls<core::CompareGraphsRequest>()[0].first->prompt, "capital of Dallas");
    EXPECT_EQ(calls<core::CompareGraphsRequest>()[0].second->prompt, "capital of Oakland");
    EXPECT_EQ(document().graph()->prompt, "capital of Dallas"); // stays the page's graph
    EXPECT_EQ(document().prompt(), QStringLiteral("capital of Dallas"));
    const QString summary = find<QLabel>("compareSummary")->text();
    EXPECT_TRUE(summary.contains(QStringLiteral("10 nodes in both, 1 only in the first")))
        << qPrintable(summary);
    auto* table = find<QTableView>("differences");
    ASSERT_EQ(table->model()->rowCount(), 11);
    EXPECT_TRUE(table->model()->index(0, 0).data().toString().contains(QStringLiteral("Texas")));
    EXPECT_EQ(table->model()->index(0, 1).data().toString(), QStringLiteral("first"));
    EXPECT_TRUE(table->model()->index(0, 2).data().toString().startsWith(QLatin1Char('-')));
    EXPECT_TRUE(table->model()->index(1, 2).data().toString().startsWith(QStringLiteral("+12.5")));
    table->selectRow(0);
    EXPECT_EQ(find<ui::CircuitCanvas>("compareCanvas")->selectedNode(), 6);
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(selection.feature()->feature.value, 14);
    find<ui::CircuitCanvas>("compareCanvas")->choose(4);
    EXPECT_EQ(table->currentIndex().row(), 1);
}

TEST_F(CircuitViewsTest, AnotherFirstPromptIsTracedFirst)
{
    document().setPrompt(QStringLiteral("capital of Houston"));
    QSignalSpy shown(page.comparison(), &ui::CircuitCompare::shown);
    page.comparison()->compare(QStringLiteral("capital of Oakland"));
    ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    ASSERT_EQ(calls<core::TraceRequest>().size(), 3u);
    EXPECT_EQ(calls<core::TraceRequest>()[1].prompt, "capital of Houston");
    EXPECT_EQ(calls<core::TraceRequest>()[2].prompt, "capital of Oakland");
    EXPECT_EQ(document().graph()->prompt, "capital of Houston");
}

TEST_F(CircuitViewsTest, AFailedSecondTraceLeavesTheFirstAndTheNextTraceIsThePages)
{
    const auto works = engine->script<core::TraceRequest>().answer;
    engine->script<core::TraceRequest>().failWith("Too long for this model.");
    page.comparison()->compare(QStringLiteral("x"));
    ASSERT_TRUE(await([this] { return error().contains(QStringLiteral("Too long")); }));
    EXPECT_TRUE(calls<core::CompareGraphsRequest>().empty());
    engine->script<core::TraceRequest>().answer = works;
    document().trace(QStringLiteral("a third prompt"));
    ASSERT_TRUE(await([this] { return document().graph()->prompt == "a third prompt"; }));
}

TEST_F(CircuitViewsTest, TheSubgraphFollowsPinsAndBoxesAreMovedAndUndone)
{
    page.showView(View::Subgraph);
    EXPECT_TRUE(panels()->isVisible());
    EXPECT_TRUE(subgraph()->isEmpty());
    document().togglePin(4);
    document().togglePin(6);
    document().togglePin(9);
    EXPECT_FALSE(subgraph()->isEmpty());
    Q_EMIT subgraph()->nodeSelected(6);
    EXPECT_EQ(document().chosen(), 6);
    const int box = subgraph()->selectedBox();
    ASSERT_GE(box, 0);
    subgraph()->setFocus();
    QTest::keyClick(subgraph(), Qt::Key_Right, Qt::AltModifier);
    ASSERT_EQ(subgraph()->positions().size(), 1u);
    EXPECT_TRUE(session.undoStack()->canUndo());
    const auto moved = subgraph()->positions();
    session.undoStack()->undo();
    EXPECT_TRUE(subgraph()->positions().empty());
    session.undoStack()->redo();
    EXPECT_EQ(subgraph()->positions(), moved);
    QTest::mouseClick(find<QPushButton>("tidyButton"), Qt::LeftButton);
    EXPECT_TRUE(subgraph()->positions().empty());
    session.undoStack()->undo();
    EXPECT_EQ(subgraph()->positions(), moved);
    EXPECT_EQ(document().chosen(), 6);
}

TEST_F(CircuitViewsTest, NodesAreFoundByNameOneAfterTheOther)
{
    page.focusFind();
    auto* box = find<QLineEdit>("findNode");
    EXPECT_FALSE(find<QToolButton>("findNext")->isVisible());
    QTest::keyClicks(box, QStringLiteral("dallas"));
    const auto found = canvas()->found();
    ASSERT_EQ(found.size(), 3u); // the token, the feature, the output
    EXPECT_EQ(find<QLabel>("findCount")->text(), QStringLiteral("3"));
    QTest::keyClick(box, Qt::Key_Return);
    EXPECT_EQ(document().chosen(), found[0]);
    EXPECT_EQ(find<QLabel>("findCount")->text(), QStringLiteral("1 of 3"));
    QTest::mouseClick(find<QToolButton>("findNext"), Qt::LeftButton);
    EXPECT_EQ(document().chosen(), found[1]);
    QTest::keyClick(box, Qt::Key_Return, Qt::ShiftModifier);
    EXPECT_EQ(document().chosen(), found[0]);
    QTest::keyClick(box, Qt::Key_Escape);
    EXPECT_TRUE(box->text().isEmpty());
    EXPECT_TRUE(canvas()->found().empty());
    QTest::keyClicks(box, QStringLiteral("zebra"));
    EXPECT_EQ(find<QLabel>("findCount")->text(), QStringLiteral("none"));
    EXPECT_FALSE(find<QToolButton>("findNext")->isEnabled());
}

TEST_F(CircuitViewsTest, ABrightCellLeadsToTheNodeOfTheGraph)
{
    page.showView(View::Patching);
    auto* patching = page.patching();
    Q_EMIT patching->traceRequested(QStringLiteral("capital of Houston"));
    Q_EMIT patching->cellChosen(core::Layer(1), core::Position(2));
    EXPECT_EQ(page.view(), View::Graph);
    ASSERT_TRUE(await([this] { return document().graph()->prompt == "capital of Houston"; }));
    EXPECT_EQ(document().chosen(), 6);
    Q_EMIT patching->cellChosen(core::Layer(0), core::Position(2)); // the stronger of two
    EXPECT_EQ(document().chosen(), 5);
    Q_EMIT patching->cellChosen(core::Layer(1), core::Position()); // a head, at any position
    EXPECT_EQ(document().chosen(), 7);
    Q_EMIT patching->cellChosen(core::Layer(0), core::Position(1));
    EXPECT_TRUE(error().contains(QStringLiteral("No feature of layer 0")));
    const std::size_t traces = calls<core::TraceRequest>().size();
    Q_EMIT patching->traceRequested(QStringLiteral("capital of Houston")); // is there already
    EXPECT_EQ(calls<core::TraceRequest>().size(), traces);
}

TEST_F(CircuitViewsTest, APairOfTheSwapTestIsLookedAtAlone)
{
    page.showView(View::SwapTest);
    auto* test = page.findChild<ui::SwapTestPanel*>();
    ASSERT_TRUE(test->isVisible());
    Q_EMIT test->swapChosen(
        QStringLiteral("capital of Dallas"), QStringLiteral("capital of Oakland"));
    ASSERT_TRUE(await([this] { return calls<core::SwapRequest>().size() == 1; }));
    EXPECT_EQ(calls<core::SwapRequest>()[0].donor, "capital of Oakland");
    EXPECT_EQ(page.view(), View::Graph);
    ASSERT_TRUE(await([this] { return panels()->currentIndex() == 3; }));
}

TEST(ComparisonModelTest, IsAModel)
{
    ui::ComparisonModel model;
    const QAbstractItemModelTester tester(
        &model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    auto made = std::make_shared<core::GraphComparison>();
    made->graph = *tests::largeGraph(1000, 10);
    made->nodes.resize(1000);
    model.setComparison(made);
    EXPECT_EQ(model.rowCount(), 1000);
    EXPECT_EQ(model.nodeAt(model.rowOf(17)), 17);
    EXPECT_EQ(model.nodeAt(1000), -1);
    model.setComparison(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

} // namespace
