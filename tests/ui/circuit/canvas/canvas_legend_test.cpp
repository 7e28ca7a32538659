#include "ui/circuit/canvas/canvas_legend.h"

#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/session/settings.h"
#include "ui/style/theme.h"

#include <QApplication>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <gtest/gtest.h>

namespace {

class CanvasLegendTest : public ::testing::Test {
protected:
    CanvasLegendTest()
    {
        canvas.resize(1100, 700);
        canvas.show();
        canvas.setGraph(tests::smallGraph());
    }
    ui::CanvasLegend& legend() { return *canvas.legend(); }
    QToolButton* button()
    {
        return legend().findChild<QToolButton*>(QStringLiteral("legendButton"));
    }
    bool says(const char* text)
    {
        return legend().legend().texts().contains(QString::fromUtf8(text));
    }

    ui::CircuitCanvas canvas;
};

TEST_F(CanvasLegendTest, ExplainsTheMarksInUseAndNoOthers)
{
    for (const char* text : {"feature", "token embedding", "output logit", "reconstruction error",
             "raises its target", "lowers its target (dashed)",
             "wider and fuller: more of the influence", "larger: more influence on the outputs"})
        EXPECT_TRUE(says(text)) << text;
    EXPECT_FALSE(says("pinned"));
    EXPECT_FALSE(says("supernode (several nodes as one)"));
    canvas.setErrorsShown(false);
    EXPECT_FALSE(says("reconstruction error"));
    auto graph = tests::smallGraph();
    graph->nodes[6].isPinned = true;
    graph->supernodes = {{"the city", {4, 5}}};
    canvas.setGraph(graph);
    EXPECT_TRUE(says("pinned"));
    EXPECT_TRUE(says("supernode (several nodes as one)"));
    canvas.setGraph(nullptr);
    EXPECT_FALSE(legend().isVisible());
}

TEST_F(CanvasLegendTest, OfTwoGraphsItSaysWhoHasWhat)
{
    auto graph = tests::smallGraph();
    graph->nodes[4].side = core::GraphSide::First;
    graph->nodes[5].side = core::GraphSide::Second;
    canvas.setComparison(true);
    canvas.setGraph(graph);
    for (const char* text : {"in both graphs (whole)", "only in the first graph (left half)",
             "only in the second graph (right half)", "adds more to its target in the second",
             "adds less to its target in the second (dashed)"})
        EXPECT_TRUE(says(text)) << text;
    EXPECT_FALSE(says("raises its target")); // a weight is a difference there
}

TEST_F(CanvasLegendTest, LiesWhereItHidesTheLeastAndInsideTheCanvas)
{
    for (const QSize size : {QSize(1100, 700), QSize(700, 480), QSize(1600, 500)}) {
        canvas.resize(size);
        EXPECT_TRUE(canvas.rect().contains(legend().geometry()));
        int hidden = 0;
        for (int node = 0; node < canvas.scene()->nodeCount(); ++node)
            hidden += QRectF(legend().geometry()).contains(canvas.nodePosition(node)) ? 1 : 0;
        EXPECT_LE(hidden, 1) << size.width();
    }
    const QRect open = legend().geometry();
    ASSERT_TRUE(legend().isOpen());
    button()->click();
    EXPECT_FALSE(legend().isOpen());
    EXPECT_LT(legend().height(), open.height());
    EXPECT_TRUE(canvas.rect().contains(legend().geometry()));
}

TEST_F(CanvasLegendTest, ItsBoxAloneTakesTheMouseAndTheWheelGoesThrough)
{
    QSignalSpy chosen(&canvas, &ui::CircuitCanvas::nodeSelected);
    EXPECT_EQ(canvas.childAt(canvas.nodePosition(6).toPoint()), nullptr);
    QTest::mouseClick(&legend(), Qt::LeftButton, {}, legend().rect().center());
    QTest::mouseDClick(&legend(), Qt::LeftButton, {}, legend().rect().center());
    EXPECT_EQ(chosen.count(), 0);
    const double before = canvas.nodePosition(9).x() - canvas.nodePosition(2).x();
    const QPointF at = legend().rect().center();
    QWheelEvent wheel(at, legend().mapToGlobal(at), {}, {0, 240}, Qt::NoButton, Qt::NoModifier,
        Qt::NoScrollPhase, false);
    QSpontaneKeyEvent::setSpontaneous(&wheel); // what a program sends is not passed on
    qApp->notify(&legend(), &wheel);
    EXPECT_NE(canvas.nodePosition(9).x() - canvas.nodePosition(2).x(), before);
    EXPECT_TRUE(legend().isVisible());
}

TEST_F(CanvasLegendTest, GrowsWithTheTextAndDrawsInTheThemesColours)
{
    canvas.resize(1900, 1200); // room for it at every size
    ASSERT_TRUE(legend().isOpen());
    const QSize before = legend().size();
    const QImage light = legend().grab().toImage();
    canvas.setPalette(ui::darkPalette());
    const QImage dark = legend().grab().toImage();
    ASSERT_EQ(light.size(), dark.size());
    const QPoint ground(light.width() - 8, light.height() - 8);
    EXPECT_GT(light.pixelColor(ground).lightness(), 200);
    EXPECT_LT(dark.pixelColor(ground).lightness(), 80);
    QFont larger = canvas.font();
    larger.setPointSizeF(larger.pointSizeF() * 1.5);
    canvas.setFont(larger);
    ASSERT_TRUE(legend().isOpen());
    EXPECT_GT(legend().width(), before.width());
    EXPECT_GT(legend().height(), before.height());
}

/// Also where names that find no room are counted only once the graph was drawn.
TEST_F(CanvasLegendTest, LiesBelowWhatTheCanvasSays)
{
    for (const QSize size : {QSize(1100, 700), QSize(900, 360), QSize(700, 480)}) {
        ui::CircuitCanvas crowded;
        crowded.resize(size);
        crowded.show();
        crowded.setGraph(tests::largeGraph(80, 1000));
        for (int i = 0; i < 4; ++i) {
            crowded.grab();
            QApplication::processEvents();
        }
        ASSERT_FALSE(crowded.notesArea().isEmpty());
        EXPECT_FALSE(QRectF(crowded.legend()->geometry()).intersects(crowded.notesArea()))
            << size.width();
    }
}

TEST_F(CanvasLegendTest, ASmallCanvasIsCoveredOnlyWhenAsked)
{
    canvas.resize(330, 250);
    EXPECT_FALSE(legend().isOpen());
    QSignalSpy wanted(&legend(), &ui::CanvasLegend::wantedChanged);
    button()->click();
    EXPECT_TRUE(legend().isOpen());
    EXPECT_EQ(wanted.count(), 0); // it was wanted all the time
    button()->click();
    EXPECT_FALSE(legend().isOpen());
    EXPECT_EQ(wanted.count(), 1);
    canvas.resize(1100, 700);
    EXPECT_FALSE(legend().isOpen());
}

class RememberedLegendTest : public tests::CircuitTest {
protected:
    static ui::CanvasLegend* legendOf(ui::CircuitPage& page, const char* canvas)
    {
        return page.findChild<ui::CircuitCanvas*>(QLatin1String(canvas))->legend();
    }
};

TEST_F(RememberedLegendTest, OneWishHoldsForEveryViewAndTheNextStart)
{
    const QTemporaryDir folder;
    ui::Settings settings(folder.path());
    const auto closed = [](ui::CircuitPage& shown) {
        std::vector<bool> are;
        for (const char* name : {"circuitCanvas", "compareCanvas"}) {
            const auto* button
                = legendOf(shown, name)->findChild<QToolButton*>(QStringLiteral("legendButton"));
            are.push_back(!button->isChecked());
        }
        return are;
    };
    {
        ui::CircuitPage first(&session, &selection, &settings);
        EXPECT_EQ(closed(first), (std::vector{false, false}));
        legendOf(first, "circuitCanvas")
            ->findChild<QToolButton*>(QStringLiteral("legendButton"))
            ->click();
        EXPECT_EQ(closed(first), (std::vector{true, true}));
    }
    ui::CircuitPage next(&session, &selection, &settings);
    EXPECT_EQ(closed(next), (std::vector{true, true}));
}

} // namespace
