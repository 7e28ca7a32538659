#include "tests/ui/support/small_graph.h"
#include "ui/circuit/canvas/subgraph_view.h"

#include <QSignalSpy>
#include <QTest>

#include <gtest/gtest.h>

namespace {

std::shared_ptr<core::AttributionGraph> pinnedGraph()
{
    auto graph = tests::smallGraph();
    for (const int node : {2, 6, 9})
        graph->nodes[static_cast<std::size_t>(node)].isPinned = true;
    graph->supernodes = {{"the city", {4, 5}}};
    return graph;
}

class SubgraphViewTest : public ::testing::Test {
protected:
    SubgraphViewTest()
    {
        view.resize(700, 500);
        view.show();
        view.setGraph(pinnedGraph());
    }
    int box(const char* title) const
    {
        for (int i = 0; i < static_cast<int>(view.subgraph().boxes.size()); ++i)
            if (view.subgraph().boxes[static_cast<std::size_t>(i)].title
                == QString::fromUtf8(title))
                return i;
        return -1;
    }
    void click(int at)
    {
        QTest::mouseClick(&view, Qt::LeftButton, {}, view.boxPosition(at).toPoint());
    }
    void drag(QPoint from, QPoint by)
    {
        QTest::mousePress(&view, Qt::LeftButton, {}, from);
        QTest::mouseMove(&view, from + by / 2);
        QTest::mouseMove(&view, from + by);
        QTest::mouseRelease(&view, Qt::LeftButton, {}, from + by);
    }

    ui::SubgraphView view;
};

TEST_F(SubgraphViewTest, WithoutPinsItIsEmptyAndStillTakesInput)
{
    view.setGraph(tests::smallGraph());
    EXPECT_TRUE(view.isEmpty());
    for (const Qt::Key key : {Qt::Key_Left, Qt::Key_Home, Qt::Key_Plus, Qt::Key_Escape})
        QTest::keyClick(&view, key);
    QTest::mouseClick(&view, Qt::LeftButton);
    EXPECT_FALSE(view.grab().isNull());
    view.setGraph(nullptr);
    EXPECT_TRUE(view.isEmpty());
    EXPECT_FALSE(view.grab().isNull());
}

TEST_F(SubgraphViewTest, ClicksChooseNodesAndGroups)
{
    QSignalSpy nodes(&view, &ui::SubgraphView::nodeSelected),
        groups(&view, &ui::SubgraphView::groupSelected);
    click(box("Texas"));
    ASSERT_EQ(nodes.count(), 1);
    EXPECT_EQ(nodes[0][0].toInt(), 6);
    EXPECT_TRUE(view.accessibleDescription().contains(QStringLiteral("the city to Texas: +3.5")))
        << qPrintable(view.accessibleDescription());
    click(box("the city"));
    ASSERT_EQ(groups.count(), 1);
    EXPECT_EQ(groups[0][0].toInt(), 0);
    QTest::mouseClick(&view, Qt::LeftButton, {}, {3, 3});
    EXPECT_EQ(nodes.count(), 2);
    EXPECT_EQ(nodes[1][0].toInt(), -1);
}

TEST_F(SubgraphViewTest, SelectingAMemberChoosesItsGroupAndEmitsNothing)
{
    QSignalSpy nodes(&view, &ui::SubgraphView::nodeSelected);
    view.selectNode(5);
    EXPECT_EQ(view.selectedBox(), box("the city"));
    view.selectNode(8); // in no box
    EXPECT_EQ(view.selectedBox(), -1);
    EXPECT_EQ(nodes.count(), 0);
}

TEST_F(SubgraphViewTest, DraggedBoxesStayWhileTheGraphIsPrunedAgain)
{
    QSignalSpy moved(&view, &ui::SubgraphView::moved);
    const int texas = box("Texas");
    const QPointF before = view.boxPosition(texas);
    drag(before.toPoint(), {60, -20});
    EXPECT_EQ(moved.count(), 1);
    const QPointF after = view.boxPosition(texas);
    EXPECT_NEAR(after.x() - before.x(), 60, 2);
    EXPECT_NEAR(after.y() - before.y(), -20, 2);
    ASSERT_EQ(view.positions().size(), 1u);
    const auto positions = view.positions();

    auto pruned = pinnedGraph();
    pruned->edges.resize(4);
    view.setGraph(pruned);
    EXPECT_EQ(view.positions(), positions);
    EXPECT_EQ(
        view.subgraph().boxes[static_cast<std::size_t>(box("Texas"))].center, positions[0].second);

    view.setPositions({}); // back to the tidy layout
    EXPECT_TRUE(view.positions().empty());
    view.setPositions(positions);
    EXPECT_EQ(
        view.subgraph().boxes[static_cast<std::size_t>(box("Texas"))].center, positions[0].second);
    EXPECT_EQ(moved.count(), 1);
}

TEST_F(SubgraphViewTest, KeysWalkUpwardsAndMoveWithAlt)
{
    view.selectNode(2);
    QTest::keyClick(
        &view, Qt::Key_Up); // the token leads to the group, that to Texas, that to Austin
    EXPECT_EQ(view.selectedBox(), box("the city"));
    QTest::keyClick(&view, Qt::Key_Up);
    EXPECT_EQ(view.selectedBox(), box("Texas"));
    QTest::keyClick(&view, Qt::Key_Up);
    EXPECT_EQ(view.selectedBox(), box("·Austin 75.0 %"));
    QTest::keyClick(&view, Qt::Key_Up); // the top
    EXPECT_EQ(view.selectedBox(), box("·Austin 75.0 %"));
    QTest::keyClick(&view, Qt::Key_Down);
    EXPECT_EQ(view.selectedBox(), box("Texas"));
    QSignalSpy moved(&view, &ui::SubgraphView::moved);
    const QPointF before = view.subgraph().boxes[static_cast<std::size_t>(box("Texas"))].center;
    QTest::keyClick(&view, Qt::Key_Left, Qt::AltModifier);
    const QPointF after = view.subgraph().boxes[static_cast<std::size_t>(box("Texas"))].center;
    EXPECT_EQ(moved.count(), 1);
    EXPECT_LT(after.x(), before.x());
    EXPECT_DOUBLE_EQ(after.y(), before.y());
}

} // namespace
