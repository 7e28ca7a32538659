#include "tests/ui/support/small_graph.h"
#include "ui/views/circuit_canvas.h"

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
    EXPECT_FALSE(canvas.grab().isNull());
}

TEST_F(CircuitCanvasTest, AnEmptyCanvasTakesKeysAndClicks)
{
    canvas.setGraph(nullptr);
    for (const Qt::Key key : {Qt::Key_Up, Qt::Key_Left, Qt::Key_P, Qt::Key_Space, Qt::Key_Home,
             Qt::Key_Return, Qt::Key_Plus})
        press(key);
    QTest::mouseClick(&canvas, Qt::LeftButton);
    EXPECT_EQ(canvas.selectedNode(), -1);
    EXPECT_FALSE(canvas.grab().isNull());
}

} // namespace
