#include "ui/train/training_charts.h"

#include "tests/ui/support/sample_training.h"
#include "ui/train/curve_legend.h"
#include "ui/train/density_map.h"
#include "ui/train/feature_peek_view.h"
#include "ui/train/front_chart.h"
#include "ui/train/metric_chart.h"

#include <memory>

#include <QChart>
#include <QComboBox>
#include <QFile>
#include <QLineSeries>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace {

using ui::ChartGroup;

class TrainingChartsTest : public ::testing::Test {
protected:
    static std::vector<ui::Curve> earlier(const char* run)
    {
        return ui::curvesOf(QLatin1String(run), tests::sampleMeasuredRows("layer_2", 50, 0.9, 8));
    }
    int colorOf(const char* name) const
    {
        for (const ui::Curve& curve : charts.curves())
            if (curve.name == QLatin1String(name))
                return curve.color;
        return -1;
    }

    ui::TrainingCharts charts;
    QComboBox* which = charts.findChild<QComboBox*>(QStringLiteral("trainWhich"));
    ui::DensityMap* density = charts.findChild<ui::DensityMap*>(QStringLiteral("trainDensity"));
    ui::FeaturePeekView* peek = charts.findChild<ui::FeaturePeekView*>(QStringLiteral("trainPeek"));
};

TEST_F(TrainingChartsTest, ANewTrainingShowsItsOwnDictionaryBesideATickedOne)
{
    charts.showGroup(ChartGroup::Features);
    charts.setOverlays(earlier("old"));
    EXPECT_EQ(density->title(), QStringLiteral("Firing rates of old layer_2, log scale"));
    charts.setRun(QStringLiteral("new"), {}); // begun, nothing measured yet
    charts.setRun(QStringLiteral("new"), tests::sampleMeasuredRows("layer_2", 50, 0.9, 16));
    EXPECT_EQ(which->currentText(), QStringLiteral("new layer_2"));
    EXPECT_EQ(density->title(), QStringLiteral("Firing rates of new layer_2, log scale"));
    charts.showGroup(ChartGroup::Peek);
    EXPECT_TRUE(peek->heading().startsWith(QStringLiteral("new layer_2 after")))
        << peek->heading().toStdString();

    // What a person chooses stays, until another training begins.
    which->setCurrentIndex(1);
    charts.setRun(QStringLiteral("new"), tests::sampleMeasuredRows("layer_2", 60, 0.9, 16));
    EXPECT_EQ(which->currentText(), QStringLiteral("old layer_2"));
    EXPECT_TRUE(which->toolTip().startsWith(QStringLiteral("old layer_2: ")));
    charts.setRun(QStringLiteral("third"), tests::sampleMeasuredRows("layer_2", 50, 0.9, 16));
    EXPECT_EQ(which->currentText(), QStringLiteral("third layer_2"));
}

TEST_F(TrainingChartsTest, AnEarlierRunKeepsItsColourWhileItIsTicked)
{
    auto rows = tests::sampleTrainingRows("layer_2_k_8", 10);
    for (const char* more : {"layer_2_k_16", "layer_2_k_32"})
        for (const auto& row : tests::sampleTrainingRows(more, 10))
            rows.push_back(row);
    charts.setOverlays(earlier("b"));
    const int color = colorOf("b layer_2");
    charts.setRun(QStringLiteral("sweep"), rows);
    EXPECT_EQ(colorOf("b layer_2"), color);
    EXPECT_EQ(colorOf("sweep layer_2_k_8"), 0);
    EXPECT_EQ(colorOf("sweep layer_2_k_32"), 2);
    EXPECT_GT(color, 2); // none of ours
    auto two = earlier("a");
    two.push_back(earlier("b").front());
    charts.setOverlays(two); // comes before it in the list
    EXPECT_EQ(colorOf("b layer_2"), color);
    EXPECT_NE(colorOf("a layer_2"), color);
    charts.setOverlays(earlier("a"));
    charts.setOverlays(two); // takes the place that is free
    EXPECT_NE(colorOf("b layer_2"), colorOf("a layer_2"));
}

TEST_F(TrainingChartsTest, OneChartIsSavedAlone)
{
    const QTemporaryDir folder;
    charts.setRun(QStringLiteral("new"), tests::sampleMeasuredRows("layer_2", 50, 0.9, 16));
    const QString path = folder.filePath(QStringLiteral("ce.csv"));
    ASSERT_TRUE(charts.save(path, ui::Metric::CeScore));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().trimmed().split('\n');
    ASSERT_EQ(lines.size(), 6); // measured five times
    EXPECT_EQ(lines[0], "run,step,tokens,ce_score");
    EXPECT_EQ(lines[5], "\"new layer_2\",1000,1000000,0.9");
    ASSERT_TRUE(charts.save(folder.filePath(QStringLiteral("ce.png")), ui::Metric::CeScore));
}

TEST(FrontChartTest, OnlyWhatWasMeasuredAtTheSameShareOfASweepIsJoined)
{
    std::vector<ui::Curve> curves;
    const auto add = [&](const char* run, const char* dictionary, double l0, std::size_t rows) {
        auto some = tests::sampleMeasuredRows(dictionary, 100, 0.9, l0);
        some.resize(rows);
        curves.push_back(ui::curvesOf(QLatin1String(run), some).front());
    };
    add("sweep", "layer_2_k_8", 8, 60);
    add("sweep", "layer_2_k_16", 16, 60);
    add("sweep", "layer_2_k_32", 32, 10); // lags behind
    add("layers", "layer_0", 20, 100); // no choice between these two
    add("layers", "layer_1", 24, 100);
    ui::FrontChart front(ui::FrontChart::Against::Fvu);
    front.setCurves(curves);
    EXPECT_EQ(front.points(), 5);
    std::vector<QList<QPointF>> lines;
    QStringList labels;
    for (const QAbstractSeries* series : front.chart()->series()) {
        if (series->type() == QAbstractSeries::SeriesTypeLine)
            lines.push_back(static_cast<const QLineSeries*>(series)->points());
        else if (const auto* points = qobject_cast<const QXYSeries*>(series);
                 points && points->pointLabelsVisible())
            labels << points->pointLabelsFormat();
    }
    ASSERT_EQ(lines.size(), 1u);
    ASSERT_EQ(lines[0].size(), 2);
    EXPECT_EQ(lines[0][0].x(), 8.0);
    EXPECT_EQ(lines[0][1].x(), 16.0);
    EXPECT_EQ(labels,
        (QStringList{QStringLiteral("k 8"), QStringLiteral("k 16"), QStringLiteral("k 32")}));
}

TEST(FeaturePeekViewTest, BytesAreNoNamesAndLabelsAreSpokenOfWhereThereAreSome)
{
    auto rows = tests::sampleMeasuredRows("layer_2", 10, 0.9, 16);
    const auto show = [&](const std::string& label) {
        auto measured = std::make_shared<core::TrainingMeasurement>(*rows.back().measured);
        measured->peek[0].label = label;
        measured->peek[0].promoted = {" gate", "<0xE0>", "\xEF\xBF\xBD", " "};
        rows.back().measured = measured;
        const auto curves = ui::curvesOf(QStringLiteral("run"), rows);
        auto view = std::make_unique<ui::FeaturePeekView>();
        view->setCurve(&curves.front());
        return view;
    };
    const auto named = show("at bridge");
    EXPECT_TRUE(named->heading().contains(QStringLiteral("Stronger colour")));
    EXPECT_TRUE(named->heading().contains(QStringLiteral("Labels are first guesses")));
    EXPECT_TRUE(named->text().contains(QStringLiteral("at bridge")));
    EXPECT_TRUE(named->text().contains(QStringLiteral("promotes gate\n")))
        << named->text().toStdString();
    EXPECT_FALSE(show("")->heading().contains(QStringLiteral("Labels")));
}

TEST(DensityMapTest, WhatIsHealthyFollowsFromL0AndTheNumberOfFeatures)
{
    auto rows = tests::sampleMeasuredRows("layer_2", 10, 0.9, 8);
    rows.back().l0 = 8.0; // of 512
    const auto curves = ui::curvesOf(QStringLiteral("run"), rows);
    ui::DensityMap map;
    map.setCurve(&curves.front());
    EXPECT_TRUE(map.note().contains(QStringLiteral("here 1.56 % of the tokens")))
        << map.note().toStdString();
}

} // namespace
