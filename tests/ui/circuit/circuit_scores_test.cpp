#include "core/api/attribution_graph.h"
#include "core/api/check_graph.h"
#include "core/api/graph_files.h"
#include "core/api/score_subgraph.h"
#include "core/api/trace.h"
#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/circuit_scores.h"
#include "ui/circuit/graph_check.h"
#include "ui/circuit/scatter_plot.h"
#include "ui/shared/notice.h"

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTableView>

namespace {

class CircuitScoresTest : public tests::CircuitTest {
protected:
    CircuitScoresTest()
    {
        engine->script<core::TraceRequest>().answer = [](const core::TraceRequest& request) {
            core::AttributionGraph graph = *tests::smallGraph();
            graph.prompt = request.prompt;
            graph.errorShareByLayer = {0.05f, 0.2f};
            graph.activeFeatures = 400;
            graph.tracedFeatures = 300;
            graph.method = "through residual SAEs";
            graph.note = "a note";
            return graph;
        };
        engine->script<core::CheckRequest>().answer = [](const core::CheckRequest& request) {
            core::PerturbationCheck check;
            check.request = request;
            check.byDistance = {{1, 24, 0.95, 0.9}, {2, 20, 0.75, 1.2}};
            check.meanCosine = 0.85;
            check.points
                = {{core::Layer(1), core::Position(2), core::FeatureId(14), "Texas", 0.3f, 1.5f},
                    {core::Layer(1), core::Position(2), core::FeatureId(99), "", 0.1f, 0.2f}};
            check.spearman = 0.6875;
            check.note = "one feature did not fire";
            return check;
        };
        engine->script<core::ScoreSubgraphRequest>().answer
            = [](const core::ScoreSubgraphRequest& request) {
                  core::SubgraphScore score;
                  for (const core::GraphNode& node : request.graph->nodes)
                      score.pinnedFeatures += node.isPinned && node.kind == core::NodeKind::Feature;
                  score.replacement = 0.3125;
                  score.completeness = 0.5625;
                  return score;
              };
    }
    void SetUp() override
    {
        CircuitTest::SetUp();
        page.showPanel(ui::CircuitPage::Panel::Scores);
    }
    QString figures() { return find<QLabel>("scoreFigures")->text(); }
};

TEST_F(CircuitScoresTest, TheFiguresAreTheGraphs)
{
    for (const char* text : {"replacement 0.625", "completeness 0.875", "25 %", "residual SAEs"})
        EXPECT_TRUE(figures().contains(QLatin1String(text))
            || figures().contains(
                QString::fromUtf8(text).replace(QStringLiteral("25 %"), QStringLiteral("25.0 %"))))
            << text << " in " << qPrintable(figures());
    const QString notice = find<ui::Notice>("scoreNotice")->text();
    EXPECT_TRUE(notice.contains(QStringLiteral("300 of 400 active features")))
        << qPrintable(notice);
    EXPECT_TRUE(notice.contains(QStringLiteral("a note")));
    const QString line = find<QLabel>("circuitScores")->text();
    EXPECT_TRUE(line.contains(QStringLiteral("300 of 400 active features traced")));
    auto* shares = find<QTableView>("errorShares")->model();
    ASSERT_EQ(shares->rowCount(), 2);
    EXPECT_EQ(shares->index(0, 0).data().toString(), QStringLiteral("layer 1")); // output side up
    EXPECT_TRUE(shares->index(0, 1).data().toString().startsWith(QStringLiteral("20")));
    EXPECT_TRUE(shares->index(1, 1).data().toString().startsWith(QStringLiteral("5")));
}

TEST_F(CircuitScoresTest, PinsAreScoredAsASubgraphWheneverTheyChange)
{
    EXPECT_TRUE(calls<core::ScoreSubgraphRequest>().empty());
    document().togglePin(6);
    ASSERT_TRUE(
        await([this] { return figures().contains(QStringLiteral("The pinned feature alone")); }));
    EXPECT_TRUE(
        figures().contains(QStringLiteral("0.562")) || figures().contains(QStringLiteral("0.563")));
    document().togglePin(4);
    document().togglePin(9); // an output is no feature
    ASSERT_TRUE(await([this] { return figures().contains(QStringLiteral("2 pinned features")); }));
    EXPECT_TRUE(calls<core::ScoreSubgraphRequest>().back().graph->nodes[6].isPinned);
    for (int i = 0; i < 3; ++i)
        session.undoStack()->undo();
    ASSERT_TRUE(await([this] { return figures().contains(QStringLiteral("Pin features")); }));
}

TEST_F(CircuitScoresTest, PinnedNodesThatArePrunedAwayAreCounted)
{
    document().togglePin(3);
    document().togglePin(4);
    auto* notice = find<ui::Notice>("scoreNotice");
    EXPECT_FALSE(notice->text().contains(QStringLiteral("pinned")));
    find<QSlider>("nodeThreshold")->setValue(300);
    ASSERT_TRUE(await([this] { return document().graph()->nodes.size() == 10; }));
    EXPECT_TRUE(notice->text().contains(QStringLiteral("1 pinned node is pruned away")));
    EXPECT_TRUE(find<QLabel>("circuitScores")
                    ->text()
                    .contains(QStringLiteral("1 pinned node is pruned away")));
}

TEST_F(CircuitScoresTest, TheCheckShowsWhatTheModelSaid)
{
    QSignalSpy shown(page.scores()->check(), &ui::GraphCheck::shown);
    find<QSpinBox>("checkFeatures")->setValue(12);
    QTest::mouseClick(find<QPushButton>("checkGraph"), Qt::LeftButton);
    ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    EXPECT_EQ(calls<core::CheckRequest>()[0].graph, 7u);
    EXPECT_EQ(calls<core::CheckRequest>()[0].features, 12);
    const QString verdict = find<QLabel>("checkVerdict")->text();
    for (const char* text : {"2 features ablated", "0.85", "one feature did not fire"})
        EXPECT_TRUE(verdict.contains(QLatin1String(text))) << text << " in " << qPrintable(verdict);
    auto* distances = find<QTableView>("checkDistances")->model();
    ASSERT_EQ(distances->rowCount(), 2);
    EXPECT_EQ(distances->index(1, 0).data().toString(), QStringLiteral("2"));
    EXPECT_TRUE(distances->index(1, 1).data().toString().startsWith(QStringLiteral("0.75")));
    auto* scatter = find<ui::ScatterPlot>("checkScatter");
    ASSERT_EQ(scatter->points().size(), 2u);
    EXPECT_FLOAT_EQ(static_cast<float>(scatter->points()[0].y), 1.5f);
    Q_EMIT scatter->pointChosen(0);
    EXPECT_EQ(document().chosen(), 6);
    Q_EMIT scatter->pointChosen(1); // not in the pruned graph
    EXPECT_TRUE(error().contains(QStringLiteral("pruned away")));
    document().trace(QStringLiteral("capital of Dallas"));
    ASSERT_TRUE(await([this] { return calls<core::TraceRequest>().size() == 2; }));
    EXPECT_TRUE(scatter->isVisible()); // the same matrix
}

TEST_F(CircuitScoresTest, TheCheckTellsItsProgressAndIsStopped)
{
    engine->hold();
    auto* button = find<QPushButton>("checkGraph");
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_TRUE(await([this] { return engine->waiting() == 1; }));
    EXPECT_TRUE(button->text().contains(QStringLiteral("Stop")));
    QTest::mouseClick(button, Qt::LeftButton);
    EXPECT_EQ(engine->cancelled.back(), "check");
    engine->releaseAll();
}

TEST_F(CircuitScoresTest, AGraphFromAFileCannotBeCheckedAndSaysWhy)
{
    engine->script<core::LoadGraphRequest>().answer = [](const core::LoadGraphRequest&) {
        core::AttributionGraph graph = *tests::smallGraph();
        graph.id = 0;
        return graph;
    };
    QSignalSpy shown(page.scores()->check(), &ui::GraphCheck::shown);
    page.scores()->check()->run();
    ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    document().open(QStringLiteral("graph.json"));
    ASSERT_TRUE(await([this] { return document().graph()->id == 0; }));
    // What was checked was another graph; in its place it says again what a check does.
    EXPECT_TRUE(find<QLabel>("checkVerdict")->text().startsWith(QStringLiteral("Ablates")));
    auto* button = find<QPushButton>("checkGraph");
    EXPECT_FALSE(button->isEnabled());
    EXPECT_TRUE(button->toolTip().contains(QStringLiteral("file")));
}

} // namespace
