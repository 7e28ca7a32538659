#include "ui/train/curve.h"

#include "tests/ui/support/sample_training.h"
#include "ui/train/layer_list.h"
#include "ui/train/metric_chart.h"
#include "ui/train/time_text.h"
#include "ui/train/training_advice.h"
#include "ui/train/training_plan.h"

#include <functional>
#include <limits>
#include <memory>

#include <gtest/gtest.h>

namespace {

using ui::Metric;

TEST(TrainingCurves, RowsOfSeveralDictionariesAreAsManyCurves)
{
    auto rows = tests::sampleTrainingRows("layer_1", 3);
    for (const auto& row : tests::sampleTrainingRows("layer_3", 2))
        rows.push_back(row);
    const auto curves = ui::curvesOf(QStringLiteral("run"), rows);
    ASSERT_EQ(curves.size(), 2u);
    EXPECT_EQ(curves[0].name, QStringLiteral("run layer_1"));
    EXPECT_EQ(curves[0].rows.size(), 3u);
    EXPECT_EQ(curves[1].rows.size(), 2u);
}

TEST(TrainingCurves, FewPointsAreDrawnAsTheyAre)
{
    const auto rows = tests::sampleTrainingRows("layer_1", 10);
    const auto points = ui::curvePoints(rows, Metric::Fvu, 100);
    ASSERT_EQ(points.size(), 10);
    EXPECT_EQ(points[2].x(), double(rows[2].tokens));
    EXPECT_EQ(points[2].y(), rows[2].fvu);
}

TEST(TrainingCurves, OfManyNoSpikeIsLostAndOrderIsKept)
{
    auto rows = tests::sampleTrainingRows("layer_1", 1000);
    rows[537].loss = 1e6;
    rows[538].loss = -1.0;
    const auto points = ui::curvePoints(rows, Metric::Loss, 50);
    EXPECT_LE(points.size(), 100);
    double most = 0.0, least = 0.0;
    for (int i = 0; i < points.size(); ++i) {
        most = std::max(most, points[i].y());
        least = std::min(least, points[i].y());
        if (i > 0) {
            EXPECT_LT(points[i - 1].x(), points[i].x());
        }
    }
    EXPECT_EQ(most, 1e6);
    EXPECT_EQ(least, -1.0);
}

TEST(TrainingCurves, WhatIsMeasuredNowAndThenIsDrawnWhereItWasMeasured)
{
    const auto rows = tests::sampleMeasuredRows("layer_1", 100, 0.9, 20.0);
    const auto points = ui::curvePoints(rows, Metric::CeScore, 200);
    ASSERT_EQ(points.size(), 10);
    EXPECT_EQ(points[0].x(), double(rows[9].tokens));
    EXPECT_EQ(points[9].y(), 0.9);
    EXPECT_TRUE(ui::curvePoints(rows, Metric::Lambda, 200).isEmpty()); // BatchTopK has none
    const auto curves = ui::curvesOf(QStringLiteral("run"), rows);
    EXPECT_EQ(ui::lastMeasured(curves[0])->step, rows.back().step);
    const ui::ValueRange range = ui::valueRange(curves, Metric::CeScore);
    EXPECT_LE(range.from, 0.09);
    EXPECT_GE(range.to, 0.9);
}

TEST(TrainingCurves, SayWhenTheyAreMeasuredNext)
{
    auto rows = tests::sampleTrainingRows("layer_1", 10); // steps 100, 200, .. 1000; a second each
    const auto text = [&] { return ui::nextMeasurementText(ui::curvesOf({}, rows).front()); };
    EXPECT_TRUE(text().isEmpty()); // done
    rows.resize(4);
    EXPECT_EQ(text(), QStringLiteral("Measured at the end of the training"));
    const auto measured = std::make_shared<core::TrainingMeasurement>();
    rows[0].measured = measured;
    EXPECT_TRUE(text().isEmpty()); // read from a file, which does not say
    measured->nextStep = 700;
    EXPECT_EQ(
        text(), QStringLiteral("Measured next at about step 700, in 5\u00a0min")); // 300 of 600 s
    measured->nextStep = 1000;
    EXPECT_EQ(text(), QStringLiteral("Measured next at the end, in 10\u00a0min"));
    measured->nextStep = 400;
    EXPECT_EQ(text(), QStringLiteral("Measured next in a moment"));

    // Charts of what is measured say it while they have few points.
    const std::vector<ui::Curve> curves = ui::curvesOf({}, rows);
    ui::MetricChart measuredChart(Metric::Dense), other(Metric::Loss);
    measuredChart.setCurves(&curves);
    other.setCurves(&curves);
    EXPECT_EQ(measuredChart.waitingText(), text());
    EXPECT_TRUE(other.waitingText().isEmpty());
    const auto many = ui::curvesOf({}, [] {
        auto all = tests::sampleMeasuredRows("layer_1", 100, 0.9, 20.0);
        all.resize(70);
        return all;
    }());
    measuredChart.setCurves(&many);
    EXPECT_TRUE(measuredChart.waitingText().isEmpty());
}

TEST(TrainingCurves, TheAxisLeavesTheSteepBeginningOutAndIsNeverEmpty)
{
    const auto curves = ui::curvesOf({}, tests::sampleTrainingRows("layer_1", 100));
    const ui::ValueRange range = ui::valueRange(curves, Metric::Loss);
    EXPECT_LT(range.to, curves[0].rows[3].loss);
    EXPECT_GE(range.to, curves[0].rows[6].loss);
    EXPECT_LE(range.from, curves[0].rows.back().loss);
    const ui::ValueRange none = ui::valueRange({}, Metric::Loss);
    EXPECT_LT(none.from, none.to);
    const ui::ValueRange flat = ui::valueRange(curves, Metric::L0);
    EXPECT_LT(flat.from, flat.to);
    auto rows = curves[0].rows;
    for (core::TrainMetrics& row : rows)
        row.deadFeatures = 0;
    EXPECT_EQ(ui::valueRange(ui::curvesOf({}, rows), Metric::Dead).from, 0.0);
    EXPECT_GE(ui::valueRange(ui::curvesOf({}, rows), Metric::Dead).to, 1.0); // per cent
}

TEST(TrainingCurves, AWideRangeIsLogarithmicAndHidesNothing)
{
    auto rows = tests::sampleTrainingRows("layer_1", 100);
    EXPECT_FALSE(ui::valueRange(ui::curvesOf({}, rows), Metric::Loss).isLog);
    rows[50].loss = 1000.0 * rows[0].loss;
    const auto curves = ui::curvesOf({}, rows);
    const ui::ValueRange range = ui::valueRange(curves, Metric::Loss);
    EXPECT_TRUE(range.isLog);
    EXPECT_LE(range.from, rows.back().loss);
    EXPECT_GE(range.to, rows[50].loss);
    ui::MetricChart chart(Metric::Loss);
    chart.setCurves(&curves);
    EXPECT_TRUE(chart.isLog());
    EXPECT_TRUE(chart.outsideText().isEmpty());
    // A rate that decays to nothing, or a loss that is no positive number, has no logarithm.
    EXPECT_FALSE(ui::valueRange(curves, Metric::LearningRate).isLog);
    rows[10].loss = 0.0;
    const auto withZero = ui::curvesOf({}, rows);
    chart.setCurves(&withZero);
    EXPECT_FALSE(chart.isLog());
}

TEST(TrainingCurves, AFirstValueThatSqueezesTheOthersIsLeftOutAndSaid)
{
    const auto rows = tests::sampleMeasuredRows("layer_1", 100, 0.97, 20.0);
    std::vector<core::TrainMetrics> some;
    for (const auto& row : rows) {
        some.push_back(row);
        if (!row.measured)
            continue;
        auto measured = std::make_shared<core::TrainingMeasurement>(*row.measured);
        measured->ceScore = row.step == 100 ? -2.0 : 0.9 + 0.00005 * double(row.step);
        some.back().measured = measured;
    }
    const auto curves = ui::curvesOf(QStringLiteral("run"), some);
    EXPECT_GT(ui::valueRange(curves, Metric::CeScore).from, 0.8);
    ui::MetricChart chart(Metric::CeScore);
    chart.setCurves(&curves);
    EXPECT_EQ(chart.outsideText(), QStringLiteral("▼ begins at -2.00"));
    EXPECT_TRUE(chart.note().contains(QStringLiteral("lies below the picture")));
    // A steep beginning that is left out of a long curve is said as well.
    ui::MetricChart loss(Metric::Loss);
    loss.setCurves(&curves);
    EXPECT_EQ(loss.outsideText(), QStringLiteral("▲ begins at 102"));
}

TEST(TrainingCurves, TicksAreRoundNumbers)
{
    const ui::RoundTicks ticks = ui::roundTicks({0.525, 8.86, false}, 3);
    EXPECT_EQ(ticks.from, 0.0);
    EXPECT_EQ(ticks.to, 10.0);
    EXPECT_EQ(ticks.ticks, 3); // 0, 5, 10
    EXPECT_EQ(ticks.format, QStringLiteral("%.0f"));
    const ui::RoundTicks fine = ui::roundTicks({0.9712, 0.9841, false}, 3);
    EXPECT_NEAR(fine.from, 0.970, 1e-9);
    EXPECT_NEAR(fine.to, 0.985, 1e-9);
    EXPECT_EQ(fine.format, QStringLiteral("%.3f"));
    const ui::RoundTicks speed = ui::roundTicks({0.0, 559'000.0, false}, 3);
    EXPECT_EQ(speed.divisor, 1000.0);
    EXPECT_EQ(speed.format, QStringLiteral("%.0f k"));
    EXPECT_EQ(speed.to, 600'000.0);
}

TEST(TrainingCurves, AreDescribedNearestFirstWithTheirUnits)
{
    auto rows = tests::sampleTrainingRows("layer_1", 10);
    for (auto row : tests::sampleTrainingRows("layer_3", 10)) {
        row.l0 = 60.0;
        row.tokensPerSecond = 559'000.0;
        rows.push_back(row);
    }
    const auto curves = ui::curvesOf(QStringLiteral("run"), rows);
    ui::MetricChart chart(Metric::L0), speed(Metric::TokensPerSecond), dead(Metric::Dead);
    for (ui::MetricChart* one : {&chart, &speed, &dead})
        one->setCurves(&curves);
    EXPECT_EQ(chart.describeAt(290'000.0, 58.0),
        QStringLiteral("run layer_3: 60.0 features at 300,000 tokens\n"
                       "run layer_1: 24.0 features at 300,000 tokens"));
    EXPECT_TRUE(speed.describeAt(0.0, 6e5).startsWith(
        QStringLiteral("run layer_3: 559,000 tokens/s at 100,000 tokens")));
    EXPECT_TRUE(dead.describeAt(0.0).startsWith(QStringLiteral("run layer_1: 2.34 % at")));
}

TEST(TrainingCurves, TheAxisOfTokensReachesToTheEndOfTheRun)
{
    auto rows = tests::sampleTrainingRows("layer_1", 100);
    rows.resize(25); // at a quarter
    EXPECT_EQ(ui::tokensAtEnd(ui::curvesOf({}, rows)), 1'000'000.0);
    EXPECT_EQ(ui::tokensAtEnd({}), 0.0);
}

TEST(LayerList, IsReadAndWrittenAsPeopleWriteIt)
{
    using Layers = std::vector<int>;
    EXPECT_EQ(ui::layersOf(QStringLiteral("0, 2-4")), (Layers{0, 2, 3, 4}));
    EXPECT_EQ(ui::layersOf(QStringLiteral(" 3,1, 1 ")), (Layers{1, 3}));
    EXPECT_EQ(ui::layersOf(QStringLiteral("all")), Layers());
    EXPECT_EQ(ui::layersOf(QString()), Layers());
    for (const char* wrong : {"x", "1-", "4-2", "-1", "1;2", ",", "1.5"})
        EXPECT_FALSE(ui::layersOf(QLatin1String(wrong))) << wrong;
    EXPECT_EQ(ui::layersText({}), QStringLiteral("all"));
    EXPECT_EQ(ui::layersText({0, 2, 3, 4, 7, 8}), QStringLiteral("0, 2-4, 7, 8"));
}

TEST(TrainingPlan, IsKeptWhole)
{
    ui::TrainingPlan plan;
    plan.settings.isTranscoder = true;
    plan.settings.layers = {1, 3};
    plan.settings.architecture = core::TrainedArchitecture::JumpRelu;
    plan.settings.lambda = 0.125;
    plan.settings.tokens = 4'000'000'000;
    plan.settings.decay = core::LearningRateDecay::LastFifth;
    plan.settings.restartsDead = false;
    plan.settings.seed = 5;
    plan.settings.levels = 3;
    plan.settings.firingPenalty = core::FiringPenalty::TargetCount;
    plan.settings.targetL0 = 12.5;
    plan.settings.auxiliary = 0.25;
    plan.settings.clippedNorm = 2.0;
    plan.settings.startsFromData = plan.settings.startsAtMedian = true;
    plan.settings.hasFreeDecoder = true;
    plan.settings.decoderNorm = 0.5;
    plan.text.path = "/texts/ü.jsonl";
    plan.text.field = "body";
    plan.text.tokens = 123;
    EXPECT_EQ(ui::planOf(ui::planText(plan)), plan);
    EXPECT_FALSE(ui::planOf(QStringLiteral("[1]")));
    EXPECT_EQ(ui::planOf(QStringLiteral("{}")), ui::TrainingPlan());
}

TEST(TrainingPlan, PresetsFitTheModelAndLeaveWhatWasChosen)
{
    core::ModelInfo model;
    model.n_layers = 6;
    model.d_model = 64;
    ui::TrainingPlan chosen;
    chosen.settings.hook = "hook_mlp_out";
    chosen.text.path = "/texts";
    const auto first = ui::presetPlan(ui::TrainingPreset::FirstLook, model, chosen);
    const auto good = ui::presetPlan(ui::TrainingPreset::Good, model, chosen);
    EXPECT_EQ(first.settings.hook, "hook_mlp_out");
    EXPECT_EQ(first.text.path, "/texts");
    EXPECT_EQ(first.settings.layers, std::vector<int>{3});
    EXPECT_LT(first.settings.k, 64);
    EXPECT_GT(good.settings.tokens, 10 * first.settings.tokens);
    EXPECT_GT(good.settings.expansion, first.settings.expansion);
    // Nested widths: the smallest holds 256 features or more, as far as there are so many.
    EXPECT_EQ(first.settings.levels, 2); // 256, 512
    EXPECT_EQ(good.settings.levels, 4); // 256, 512, 1024, 2048
    model.d_model = 768;
    EXPECT_EQ(
        ui::presetPlan(ui::TrainingPreset::Good, model, chosen).settings.levels, 5); // 1536 ..
    model.d_model = 64;
    for (const auto architecture : {core::TrainedArchitecture::BatchTopK,
             core::TrainedArchitecture::TopK, core::TrainedArchitecture::L1,
             core::TrainedArchitecture::JumpRelu, core::TrainedArchitecture::Gated,
             core::TrainedArchitecture::Matryoshka, core::TrainedArchitecture::AbsTopK}) {
        chosen.settings.architecture = architecture;
        const auto published
            = ui::presetPlan(ui::TrainingPreset::AsPublished, model, chosen).settings;
        EXPECT_EQ(published.architecture, architecture);
        EXPECT_GT(published.tokens, good.settings.tokens);
        EXPECT_LT(published.learningRate, good.settings.learningRate);
        EXPECT_EQ(published.hasFreeDecoder, architecture == core::TrainedArchitecture::L1);
    }
}

TEST(TrainingTime, IsSaidAsPeopleSayIt)
{
    EXPECT_EQ(ui::durationText(0.2), QStringLiteral("1 s"));
    EXPECT_EQ(ui::durationText(45), QStringLiteral("45 s"));
    EXPECT_EQ(ui::durationText(12 * 60), QStringLiteral("12 min"));
    EXPECT_EQ(ui::durationText(3 * 3600 + 1200), QStringLiteral("3 h 20 min"));
}

class TrainingAdvice : public ::testing::Test {
protected:
    QString advice() const { return ui::adviceOn(plan, rows).join(QLatin1Char('\n')); }
    bool says(const char* words) const { return advice().contains(QString::fromUtf8(words)); }
    void l1()
    {
        plan.settings.architecture = core::TrainedArchitecture::L1;
        plan.settings.lambda = 0.6;
    }

    ui::TrainingPlan plan;
    std::vector<core::TrainMetrics> rows = tests::sampleTrainingRows("layer_2", 100);
};

TEST_F(TrainingAdvice, IsSilentWhereAllIsWell)
{
    EXPECT_EQ(ui::adviceOn(plan, {}), QStringList());
    EXPECT_EQ(advice(), QString());
}

TEST_F(TrainingAdvice, ManyDeadFeaturesAreNotBlamedOnLambdaAlone)
{
    l1();
    rows.back().deadFeatures = 300;
    EXPECT_TRUE(says("300 of 512 features (58.6 %) fired on none of the last 100,000 tokens"))
        << advice().toStdString();
    EXPECT_TRUE(says("Lowering λ alone is not the cure"));
    plan.settings.architecture = core::TrainedArchitecture::TopK;
    EXPECT_TRUE(says("k did not cause this"));
    // Before the first window is over nothing is known.
    rows.resize(5);
    rows.back().deadFeatures = 300;
    EXPECT_FALSE(says("300 of 512"));
}

TEST_F(TrainingAdvice, ARisingLossNamesTheLearningRate)
{
    for (std::size_t i = 60; i < rows.size(); ++i)
        rows[i].loss *= 3.0;
    EXPECT_TRUE(says("learning rate, 0.00200, is too high")) << advice().toStdString();
    EXPECT_TRUE(says("Begin again with a third of it, 0.00067")); // it is done
    rows.resize(80);
    EXPECT_TRUE(says("On a pause write 0.00067 at “Go on with learning rate”"))
        << advice().toStdString();
}

TEST_F(TrainingAdvice, ALossThatRanAwayIsComparedWithItsLowestAndIsTheOnlyAdvice)
{
    l1();
    rows = tests::sampleMeasuredRows("layer_2", 100, 0.3, 24.0);
    const double lowest = rows[97].loss;
    for (std::size_t i = 98; i < rows.size(); ++i) {
        rows[i].loss = 95.0 * lowest;
        rows[i].l0 = 0.782;
        rows[i].fvu = 3.73;
        rows[i].deadFeatures = 400;
    }
    auto measured = std::make_shared<core::TrainingMeasurement>(*rows.back().measured);
    measured->fvu = 103.0;
    measured->denseShare = 0.5;
    rows.back().measured = measured;
    const QStringList lines = ui::adviceOn(plan, rows);
    ASSERT_EQ(lines.size(), 1) << advice().toStdString();
    EXPECT_TRUE(lines[0].startsWith(QStringLiteral("The loss is 95 times its lowest")))
        << lines[0].toStdString();
    // One row alone may be noise.
    rows[98].loss = lowest;
    rows = {rows.begin() + 90, rows.end()};
    EXPECT_FALSE(says("times its lowest")) << advice().toStdString();
    rows.back().loss = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(says("no longer a number"));
    EXPECT_EQ(ui::adviceOn(plan, rows).size(), 1);
}

TEST_F(TrainingAdvice, WorseThanTheMeanOrAnAbsurdRateIsTheOnlyAdvice)
{
    l1();
    for (core::TrainMetrics& row : rows)
        row.fvu = 3.73;
    rows.back().l0 = 0.782;
    EXPECT_EQ(ui::adviceOn(plan, rows).size(), 1) << advice().toStdString();
    EXPECT_TRUE(says("rebuilds worse than the mean activation alone would (FVU 3.73"));
    for (core::TrainMetrics& row : rows)
        row.fvu = 0.95;
    EXPECT_TRUE(says("Lower λ")) << advice().toStdString();
    plan.settings.learningRate = 0.3;
    EXPECT_EQ(ui::adviceOn(plan, rows).size(), 1) << advice().toStdString();
    EXPECT_TRUE(says("The learning rate, 0.300, is far above what is usual"));
}

TEST_F(TrainingAdvice, SmallErrorsAndTextsLearntByHeartAreSmallAndLearnt)
{
    rows = tests::sampleMeasuredRows("layer_2", 100, 0.97, 24.0);
    auto measured = std::make_shared<core::TrainingMeasurement>(*rows.back().measured);
    measured->ceScore = 0.5;
    measured->fvu = 0.35; // while its batches have 0.11
    rows.back().measured = measured;
    EXPECT_FALSE(says("The error is small")) << advice().toStdString();
    EXPECT_TRUE(says("by heart"));
    for (core::TrainMetrics& row : rows)
        row.fvu = 0.5;
    measured->fvu = 1.0;
    EXPECT_FALSE(says("by heart")) << advice().toStdString();
}

TEST_F(TrainingAdvice, TooManyAndTooFewActiveFeaturesGetAnotherLambda)
{
    l1();
    rows.back().l0 = 300;
    EXPECT_TRUE(says("Raise λ to about 3.0 ")) << advice().toStdString();
    rows.back().l0 = 2;
    EXPECT_TRUE(says("Lower λ to a third, 0.20.")) << advice().toStdString();
}

TEST_F(TrainingAdvice, WhatIsLeftUnexplainedAndTooLittleTextAreSaid)
{
    rows.back().fvu = 0.6;
    EXPECT_TRUE(says("60.0 % of the variance is still unexplained")) << advice().toStdString();
    plan.text.tokens = 1000;
    EXPECT_TRUE(says("The text was seen about 1,000 times"));
}

TEST_F(TrainingAdvice, WhatIsMeasuredOnHeldOutTextIsHeldAgainstTheBatches)
{
    rows = tests::sampleMeasuredRows("layer_2", 100, 0.97, 24.0);
    EXPECT_EQ(advice(), QString()); // all is well
    const auto change = [this](const std::function<void(core::TrainingMeasurement&)>& how) {
        rows = tests::sampleMeasuredRows("layer_2", 100, 0.97, 24.0);
        auto other = std::make_shared<core::TrainingMeasurement>(*rows.back().measured);
        how(*other);
        rows.back().measured = other;
    };
    change([](auto& m) { m.fvu = 0.25; });
    EXPECT_TRUE(says("it learns this text by heart")) << advice().toStdString();
    change([](auto& m) {
        m.ceScore = 0.8;
        m.ceDictionary = 3.0;
    });
    EXPECT_TRUE(says("CE score 0.800, 1.00 nats a token lost")) << advice().toStdString();
    change([](auto& m) { m.denseShare = 0.08; });
    EXPECT_TRUE(says("8.00 % of the features fire on more than a tenth")) << advice().toStdString();
    EXPECT_TRUE(says("a smaller k, a larger expansion"));
    change([](auto& m) { m.decoderCosine = 0.9; });
    EXPECT_TRUE(says("a decoder cosine of 0.900")) << advice().toStdString();
    // Of two at once the one that asks for other text comes first.
    change([](auto& m) {
        m.fvu = 0.25;
        m.denseShare = 0.08;
    });
    EXPECT_LT(advice().indexOf(QStringLiteral("by heart")),
        advice().indexOf(QStringLiteral("a tenth of the tokens")));
}

TEST_F(TrainingAdvice, OfASweepEachIsToldOfItsOwnValue)
{
    plan.settings.sweep = {"k", {"8", "64"}};
    rows = tests::sampleTrainingRows("layer_2_k_8", 100);
    rows.back().fvu = 0.6;
    EXPECT_TRUE(says("a larger k (8 now)")) << advice().toStdString();
}

TEST_F(TrainingAdvice, OfSeveralDictionariesEachIsNamed)
{
    auto other = tests::sampleTrainingRows("layer_0", 100);
    other.back().fvu = 0.6;
    rows.insert(rows.end(), other.begin(), other.end());
    EXPECT_TRUE(advice().startsWith(QStringLiteral("layer_0: "))) << advice().toStdString();
}

} // namespace
