#include "ui/circuit/scatter_plot.h"

#include <cmath>
#include <limits>

#include <QSignalSpy>
#include <QTest>

#include <gtest/gtest.h>

namespace {

class ScatterPlotTest : public ::testing::Test {
protected:
    ScatterPlotTest()
    {
        plot.resize(400, 360);
        plot.show();
        plot.setData({{2.0, 1.5, QStringLiteral("two")}, {-1.0, -0.5, QStringLiteral("minus one")},
                         {0.5, 0.75, QStringLiteral("half")},
                         {std::numeric_limits<double>::quiet_NaN(), 1, QStringLiteral("none")}},
            QStringLiteral("Exact"), QStringLiteral("Approximate"), QStringLiteral("Pearson 0.98"));
    }
    ui::ScatterPlot plot;
};

TEST_F(ScatterPlotTest, PlacesPointsInProportion)
{
    const QPointF a = plot.pointPosition(1), b = plot.pointPosition(2), c = plot.pointPosition(0);
    EXPECT_NEAR((b.x() - a.x()) / (c.x() - a.x()), 1.5 / 3.0, 1e-9);
    EXPECT_NEAR((b.y() - a.y()) / (c.y() - a.y()), 1.25 / 2.0, 1e-9);
    EXPECT_LT(c.y(), a.y()); // upwards is more
    for (const int index : {0, 1, 2})
        EXPECT_TRUE(QRectF(plot.rect()).contains(plot.pointPosition(index)));
}

TEST_F(ScatterPlotTest, LeftAndRightWalkThePointsByX)
{
    QSignalSpy chosen(&plot, &ui::ScatterPlot::pointChosen);
    std::vector<int> walked;
    for (int i = 0; i < 4; ++i) { // the last step stays at the end
        QTest::keyClick(&plot, Qt::Key_Right);
        walked.push_back(plot.current());
    }
    EXPECT_EQ(walked, (std::vector<int>{1, 2, 0, 0}));
    QTest::keyClick(&plot, Qt::Key_Left);
    EXPECT_EQ(plot.current(), 2);
    QTest::keyClick(&plot, Qt::Key_End);
    EXPECT_EQ(plot.current(), 0);
    QTest::keyClick(&plot, Qt::Key_Home);
    EXPECT_EQ(plot.current(), 1);
    EXPECT_EQ(chosen.count(), 7);
    EXPECT_TRUE(plot.accessibleDescription().contains(QStringLiteral("minus one")));
    EXPECT_TRUE(plot.accessibleName().contains(QStringLiteral("Approximate")));
}

TEST_F(ScatterPlotTest, AClickChoosesTheNearestPoint)
{
    QSignalSpy chosen(&plot, &ui::ScatterPlot::pointChosen);
    QTest::mouseClick(&plot, Qt::LeftButton, {}, (plot.pointPosition(2) + QPointF(3, 2)).toPoint());
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen[0][0].toInt(), 2);
    QTest::mouseClick(&plot, Qt::LeftButton, {}, {2, 2});
    EXPECT_EQ(chosen.count(), 1);
    EXPECT_EQ(plot.pointAt(plot.pointPosition(0)), 0);
}

TEST_F(ScatterPlotTest, TheTableHoldsEveryPoint)
{
    EXPECT_EQ(plot.toTable(),
        QStringLiteral("Name\tExact\tApproximate\ntwo\t2\t1.5\nminus one\t-1\t-0.5\n"
                       "half\t0.5\t0.75\nnone\tnan\t1\n"));
}

TEST_F(ScatterPlotTest, OddDataDoesNotHarm)
{
    plot.setData({}, {}, {}, {});
    EXPECT_FALSE(plot.grab().isNull());
    QTest::keyClick(&plot, Qt::Key_Right);
    EXPECT_EQ(plot.current(), -1);
    plot.setData({{0, 0, QStringLiteral("one")}, {0, 0, QStringLiteral("same")}},
        QStringLiteral("x"), QStringLiteral("y"), {});
    EXPECT_FALSE(plot.grab().isNull());
    EXPECT_TRUE(std::isfinite(plot.pointPosition(0).x()));
    plot.setCurrent(99);
    EXPECT_EQ(plot.current(), -1);
    plot.setData({{1e-30, 1e30, QStringLiteral("wide")}, {-1e-30, -1e30, QStringLiteral("wide")}},
        QStringLiteral("x"), QStringLiteral("y"), {});
    EXPECT_FALSE(plot.grab().isNull());
}

} // namespace
