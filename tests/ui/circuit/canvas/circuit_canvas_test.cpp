#include "tests/ui/support/small_graph.h"
#include "ui/circuit/canvas/canvas_legend.h"
#include "ui/circuit/canvas/circuit_canvas.h"

#include <algorithm>

#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <gtest/gtest.h>

namespace {

class CircuitCanvasTest : public ::testing::Test {
protected:
    CircuitCanvasTest()
    {
        canvas.resize(800, 600);
        canvas.show();
        canvas.setGraph(tests::smallGraph());
    }
    void click(int node, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::mouseClick(&canvas, Qt::LeftButton, modifiers, canvas.nodePosition(node).toPoint());
    }
    void press(Qt::Key key) { QTest::keyClick(&canvas, key); }

    ui::CircuitCanvas canvas;
};

TEST_F(CircuitCanvasTest, AClickChoosesTheNodeUnderItAndTheGroundClears)
{
    QSignalSpy chosen(&canvas, &ui::CircuitCanvas::nodeSelected);
    click(6);
    EXPECT_EQ(canvas.selectedNode(), 6);
    EXPECT_TRUE(canvas.accessibleDescription().contains(QStringLiteral("Texas")));
    click(9);
    EXPECT_EQ(canvas.selectedNode(), 9);
    QTest::mouseClick(&canvas, Qt::LeftButton, {},
        ((canvas.nodePosition(0) + canvas.nodePosition(9)) / 2).toPoint());
    EXPECT_EQ(canvas.selectedNode(), -1);
    EXPECT_EQ(chosen.count(), 3);
}

TEST_F(CircuitCanvasTest, ArrowKeysWalkAlongTheStrongestEdges)
{
    press(Qt::Key_Down); // nothing chosen: begins at the first logit
    EXPECT_EQ(canvas.selectedNode(), 9);
    press(Qt::Key_Down); // 4.0 from Texas beats 2.5 and 0.25
    EXPECT_EQ(canvas.selectedNode(), 6);
    press(Qt::Key_Down); // 3.0 from Dallas
    EXPECT_EQ(canvas.selectedNode(), 4);
    press(Qt::Key_Down);
    EXPECT_EQ(canvas.selectedNode(), 2);
    press(Qt::Key_Down); // nothing below a token
    EXPECT_EQ(canvas.selectedNode(), 2);
    press(Qt::Key_Up);
    EXPECT_EQ(canvas.selectedNode(), 4);
}

TEST_F(CircuitCanvasTest, LeftAndRightReachEveryNodeOfARow)
{
    click(3);
    press(Qt::Key_Right);
    EXPECT_EQ(canvas.selectedNode(), 4);
    press(Qt::Key_Right);
    EXPECT_EQ(canvas.selectedNode(), 5);
    press(Qt::Key_Right); // the end of layer 0
    EXPECT_EQ(canvas.selectedNode(), 5);
    press(Qt::Key_Left);
    EXPECT_EQ(canvas.selectedNode(), 4);
}

TEST_F(CircuitCanvasTest, HiddenErrorsCannotBeHitOrWalkedTo)
{
    canvas.setErrorsShown(false);
    click(8);
    EXPECT_NE(canvas.selectedNode(), 8);
    EXPECT_TRUE(canvas.hiddenText().contains(QStringLiteral("10 of 11 edges")));
    canvas.setErrorsShown(true);
    click(8);
    EXPECT_EQ(canvas.selectedNode(), 8);
    EXPECT_TRUE(canvas.hiddenText().isEmpty());
}

TEST_F(CircuitCanvasTest, ControlClickAndSpaceMarkWithoutChoosing)
{
    QSignalSpy marked(&canvas, &ui::CircuitCanvas::markedChanged);
    click(4, Qt::ControlModifier);
    click(5, Qt::ControlModifier);
    EXPECT_EQ(canvas.markedNodes(), (std::vector<int>{4, 5}));
    EXPECT_EQ(canvas.selectedNode(), -1);
    click(4, Qt::ControlModifier);
    EXPECT_EQ(canvas.markedNodes(), std::vector<int>{5});
    click(6);
    press(Qt::Key_Space);
    EXPECT_EQ(canvas.markedNodes(), (std::vector<int>{5, 6}));
    EXPECT_EQ(marked.count(), 4);
}

TEST_F(CircuitCanvasTest, KeysAskForPinsAndGroups)
{
    QSignalSpy pins(&canvas, &ui::CircuitCanvas::pinRequested),
        groups(&canvas, &ui::CircuitCanvas::groupRequested),
        activated(&canvas, &ui::CircuitCanvas::nodeActivated);
    press(Qt::Key_P); // nothing chosen
    EXPECT_EQ(pins.count(), 0);
    click(6);
    press(Qt::Key_P);
    press(Qt::Key_G);
    press(Qt::Key_Return);
    ASSERT_EQ(pins.count(), 1);
    EXPECT_EQ(pins[0][0].toInt(), 6);
    EXPECT_EQ(groups.count(), 1);
    EXPECT_EQ(activated.count(), 1);
}

TEST_F(CircuitCanvasTest, ZoomKeepsThePlaceUnderThePointerAndFitShowsAll)
{
    const QPointF before = canvas.nodePosition(6);
    QWheelEvent wheel(before, canvas.mapToGlobal(before), {}, {0, 120}, Qt::NoButton,
        Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&canvas, &wheel);
    EXPECT_LT((canvas.nodePosition(6) - before).manhattanLength(), 0.5);
    EXPECT_GT((canvas.nodePosition(9) - canvas.nodePosition(2)).manhattanLength(), 0.0);
    canvas.fit();
    for (int node = 0; node < canvas.scene()->nodeCount(); ++node)
        EXPECT_TRUE(QRectF(canvas.rect()).contains(canvas.nodePosition(node))) << node;
}

TEST_F(CircuitCanvasTest, BeyondTheBudgetTheCanvasSaysSo)
{
    canvas.setGraph(tests::largeGraph(200, 5000));
    EXPECT_TRUE(canvas.hiddenText().contains(QStringLiteral("2,000 of 5,000 edges")))
        << qPrintable(canvas.hiddenText());
    QSignalSpy said(&canvas, &ui::CircuitCanvas::hiddenTextChanged);
    EXPECT_FALSE(canvas.grab().isNull());
    EXPECT_TRUE(QTest::qWaitFor([&] { return said.count() == 1; }));
    canvas.setGraph(tests::smallGraph());
    EXPECT_FALSE(canvas.grab().isNull());
    EXPECT_TRUE(QTest::qWaitFor([&] { return said.count() == 2; }));
}

TEST_F(CircuitCanvasTest, FindingRingsMatchesInReadingOrderAndWalksThem)
{
    QSignalSpy chosen(&canvas, &ui::CircuitCanvas::nodeSelected);
    canvas.setFilter(QStringLiteral("DALLAS")); // the output, the feature, the token
    EXPECT_EQ(canvas.found(), (std::vector<int>{10, 4, 2}));
    canvas.selectFound(true);
    EXPECT_EQ(canvas.selectedNode(), 10);
    canvas.selectFound(true);
    EXPECT_EQ(canvas.selectedNode(), 4);
    canvas.selectFound(false);
    EXPECT_EQ(canvas.selectedNode(), 10);
    canvas.selectFound(false); // around the end
    EXPECT_EQ(canvas.selectedNode(), 2);
    EXPECT_EQ(chosen.count(), 4);

    auto pruned = tests::smallGraph();
    pruned->nodes[4].label = "a city";
    canvas.setGraph(pruned, ui::CircuitCanvas::View::Keep);
    EXPECT_EQ(canvas.found(), (std::vector<int>{10, 2})); // the filter stays
    canvas.setFilter(QStringLiteral("nowhere"));
    EXPECT_TRUE(canvas.found().empty());
    canvas.selectFound(true);
    EXPECT_FALSE(canvas.grab().isNull());
    canvas.setFilter({});
    EXPECT_TRUE(canvas.found().empty());
}

TEST_F(CircuitCanvasTest, MatchesStandOutAndTheRestFades)
{
    const QImage before = canvas.grab().toImage();
    canvas.setFilter(QStringLiteral("Texas"));
    const QPoint texas = canvas.nodePosition(6).toPoint(),
                 cities = canvas.nodePosition(5).toPoint();
    QImage after; // a slow machine draws the layer when the typing rests
    EXPECT_TRUE(QTest::qWaitFor([&] {
        after = canvas.grab().toImage();
        return qGray(after.pixel(cities)) > qGray(before.pixel(cities)) + 40;
    }));
    EXPECT_EQ(after.pixel(texas), before.pixel(texas));
}

TEST_F(CircuitCanvasTest, ANodeInWordsNamesItsStrongestInputsAndOutputsWithShares)
{
    const QString text = canvas.nodeDescription(6);
    for (const char* part : {"Texas", "layer 1, position 2, feature 14, activation 3.50",
             "+3.00 (85.7 % of the input) from Dallas (layer 0, position 2)",
             "+4.00 (59.3 % of its input) to output ·Austin 75.0 %",
             "-1.25 (-67.6 % of its input) to output ·Dallas 12.5 %"})
        EXPECT_TRUE(text.contains(QString::fromUtf8(part))) << part << "\n" << qPrintable(text);
    canvas.setGraph(tests::largeGraph(40, 4000));
    EXPECT_EQ(canvas.nodeDescription(3).count(QStringLiteral(" from ")), 5);
}

TEST_F(CircuitCanvasTest, FarOutCellsFoldIntoMarksThatZoomIn)
{
    canvas.setGraph(tests::largeGraph(12000, 4000)); // 200 nodes in each of 60 cells
    EXPECT_FALSE(canvas.grab().isNull());
    const QPointF before = canvas.nodePosition(1) - canvas.nodePosition(0);
    const auto& cell = canvas.scene()->cells().front();
    ASSERT_EQ(cell.nodes.size(), 200u);
    QSignalSpy chosen(&canvas, &ui::CircuitCanvas::nodeSelected);
    QRectF marks;
    for (const int node : cell.nodes)
        marks = marks.united(QRectF(canvas.nodePosition(node), QSizeF(1, 1)));
    QTest::mouseClick(&canvas, Qt::LeftButton, {}, marks.center().toPoint());
    EXPECT_EQ(chosen.count(), 0);
    EXPECT_GT((canvas.nodePosition(1) - canvas.nodePosition(0)).manhattanLength(),
        2 * before.manhattanLength());
    const auto seen = std::find_if(cell.nodes.begin(), cell.nodes.end(),
        [&](int node) { return QRectF(200, 100, 400, 400).contains(canvas.nodePosition(node)); });
    ASSERT_NE(seen, cell.nodes.end());
    QTest::mouseClick(&canvas, Qt::LeftButton, {}, canvas.nodePosition(*seen).toPoint());
    EXPECT_EQ(canvas.selectedNode(), *seen);
    EXPECT_EQ(chosen.count(), 1); // single nodes again
}

TEST_F(CircuitCanvasTest, TheVisiblePartFollowsZoomAndCullsEdges)
{
    EXPECT_EQ(canvas.visibleScene(), canvas.scene()->bounds());
    canvas.selectNode(4);
    for (int i = 0; i < 6; ++i)
        press(Qt::Key_Plus);
    EXPECT_TRUE(canvas.scene()->bounds().contains(canvas.visibleScene()));
    EXPECT_LT(canvas.visibleScene().width(), canvas.scene()->bounds().width());
    EXPECT_TRUE(canvas.visibleScene().contains(canvas.scene()->center(4)));
    EXPECT_TRUE(canvas.hiddenText().isEmpty()); // what is out of sight is not hidden
}

TEST_F(CircuitCanvasTest, ComparedAndPinnedNodesLookDifferent)
{
    canvas.legend()->setWanted(false); // it grows with the marks
    const QImage plain = canvas.grab().toImage();
    const auto around = [&](const QImage& image, int node) {
        const QPoint at = canvas.nodePosition(node).toPoint();
        return image.copy(QRect(at - QPoint(24, 24), QSize(49, 49)));
    };
    auto compared = tests::smallGraph();
    compared->nodes[4].side = core::GraphSide::First;
    compared->nodes[5].side = core::GraphSide::Second;
    compared->nodes[6].isPinned = true;
    canvas.setGraph(compared);
    const QImage image = canvas.grab().toImage();
    for (const int node : {4, 5, 6})
        EXPECT_NE(around(image, node), around(plain, node)) << node;
    EXPECT_EQ(around(image, 7), around(plain, 7));
    // The first graph's half is on the left, the second's on the right.
    const QColor base = canvas.palette().color(QPalette::Base);
    const QPoint first = canvas.nodePosition(4).toPoint(),
                 second = canvas.nodePosition(5).toPoint();
    EXPECT_NE(image.pixelColor(first - QPoint(4, 0)), base);
    EXPECT_EQ(image.pixelColor(first + QPoint(4, 0)), base);
    EXPECT_EQ(image.pixelColor(second - QPoint(4, 0)), base);
    EXPECT_NE(image.pixelColor(second + QPoint(4, 0)), base);
}

TEST_F(CircuitCanvasTest, AnEmptyCanvasTakesKeysAndClicks)
{
    canvas.setGraph(nullptr);
    canvas.setFilter(QStringLiteral("x"));
    canvas.selectFound(true);
    EXPECT_TRUE(canvas.visibleScene().isNull());
    for (const Qt::Key key : {Qt::Key_Up, Qt::Key_Left, Qt::Key_P, Qt::Key_Space, Qt::Key_Home,
             Qt::Key_Return, Qt::Key_Plus})
        press(key);
    QTest::mouseClick(&canvas, Qt::LeftButton);
    EXPECT_EQ(canvas.selectedNode(), -1);
    EXPECT_FALSE(canvas.grab().isNull());
}

} // namespace
