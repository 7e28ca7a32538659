#include "core/api/estimate_training.h"
#include "core/api/keep_training.h"
#include "core/api/training_runs.h"
#include "tests/ui/support/sample_training.h"
#include "tests/ui/support/train_test.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/style/color_scale.h"
#include "ui/style/theme.h"
#include "ui/train/density_map.h"
#include "ui/train/earlier_runs.h"
#include "ui/train/feature_peek_view.h"
#include "ui/train/front_chart.h"
#include "ui/train/metric_chart.h"
#include "ui/train/training_charts.h"
#include "ui/train/training_form.h"
#include "ui/train/training_job.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>

namespace {

using State = ui::TrainingJob::State;

using TrainPageTest = tests::TrainTest;

TEST_F(TrainPageTest, WithoutAModelItSaysWhatToDo)
{
    EXPECT_FALSE(button("trainStart")->isEnabled());
    EXPECT_FALSE(button("trainPause")->isEnabled());
    EXPECT_FALSE(button("trainOpen")->isEnabled());
    bool isSaid = false;
    for (const QLabel* label : page.findChildren<QLabel*>())
        isSaid = isSaid
            || (label->isVisible() && label->text().contains(QStringLiteral("Open a model first")));
    EXPECT_TRUE(isSaid);
}

TEST_F(TrainPageTest, AFirstLookIsSetUpForTheModelAndEstimated)
{
    open();
    const auto plan = page.form()->plan();
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->settings.tokens, 1'000'000);
    EXPECT_EQ(plan->settings.layers, std::vector<int>{session.state().model.n_layers / 2});
    EXPECT_TRUE(estimate().contains(QStringLiteral("About 4 min"))) << estimate().toStdString();
    EXPECT_EQ(find<QLineEdit>(page, "trainName")->text(), QStringLiteral("matryoshka-1"));
}

TEST_F(TrainPageTest, ThePresetIsNamedWheneverTheFieldsAreJustIts)
{
    open();
    auto* preset = find<QComboBox>(page, "trainPreset");
    auto* k = find<QSpinBox>(page, "train_k");
    EXPECT_EQ(preset->currentIndex(), 0) << preset->currentText().toStdString();
    const int before = k->value();
    k->setValue(before + 1);
    EXPECT_EQ(preset->currentIndex(), preset->count() - 1);
    k->setValue(before);
    EXPECT_EQ(preset->currentIndex(), 0);
    page.form()->choosePreset(ui::TrainingPreset::Good);
    EXPECT_EQ(preset->currentIndex(), 1);
    open(); // the same model once more, with the plan that was kept
    EXPECT_EQ(preset->currentIndex(), 1) << preset->currentText().toStdString();
}

TEST_F(TrainPageTest, EveryFieldSaysWhatItDoesItsUnitAndUsualRange)
{
    open();
    int fields = 0;
    for (const QWidget* widget : page.form()->findChildren<QWidget*>())
        if (widget->objectName().startsWith(QStringLiteral("train_"))
            && widget->objectName() != QStringLiteral("train_text")) {
            EXPECT_GT(widget->toolTip().size(), 40) << widget->objectName().toStdString();
            EXPECT_FALSE(widget->accessibleName().isEmpty());
            ++fields;
        }
    EXPECT_GE(fields, 17);
    for (const char* name : {"expansion", "k", "lambda", "tokens", "batch", "learning_rate",
             "warm_up", "dead_window", "text_tokens"}) {
        const auto* field
            = page.form()->findChild<QWidget*>(QStringLiteral("train_") + QLatin1String(name));
        ASSERT_TRUE(field) << name;
        EXPECT_TRUE(field->toolTip().contains(QStringLiteral("Usual"))) << name;
    }
}

TEST_F(TrainPageTest, AProblemNamesItsFieldAndStopsTheStart)
{
    open();
    find<QSpinBox>(page, "train_seed")->setValue(13);
    ASSERT_TRUE(await([this] { return !page.form()->problem().isEmpty(); }));
    EXPECT_EQ(page.form()->problem(), QStringLiteral("Seed: The seed is unlucky. Choose another."));
    EXPECT_FALSE(button("trainStart")->isEnabled());
    find<QSpinBox>(page, "train_seed")->setValue(0);
    ASSERT_TRUE(await([this] { return canStart() && page.form()->problem().isEmpty(); }));
    find<QLineEdit>(page, "train_layers")->setText(QStringLiteral("first"));
    ASSERT_TRUE(await([this] { return !page.form()->problem().isEmpty(); }));
    EXPECT_TRUE(page.form()->problem().startsWith(QStringLiteral("Layers: ")));
    EXPECT_FALSE(button("trainStart")->isEnabled());
    find<QLineEdit>(page, "train_layers")->setText(QStringLiteral("all"));
    find<QComboBox>(page, "trainTextSource")->setCurrentIndex(1);
    ASSERT_TRUE(
        await([this] { return page.form()->problem().startsWith(QStringLiteral("Text: ")); }));
}

TEST_F(TrainPageTest, OnlyWhatAppliesIsShownAndAllIsRemembered)
{
    open();
    EXPECT_TRUE(find<QSpinBox>(page, "train_k")->isVisible());
    EXPECT_FALSE(find<QDoubleSpinBox>(page, "train_lambda")->isVisible());
    auto* architecture = find<QComboBox>(page, "train_architecture");
    architecture->setCurrentIndex(architecture->findText(QStringLiteral("L1")));
    EXPECT_FALSE(find<QSpinBox>(page, "train_k")->isVisible());
    EXPECT_TRUE(find<QDoubleSpinBox>(page, "train_lambda")->isVisible());
    EXPECT_EQ(find<QLineEdit>(page, "trainName")->text(), QStringLiteral("l1-1"));
    find<QSpinBox>(page, "train_expansion")->setValue(17);
    ui::TrainPage again(&session, &settings);
    EXPECT_EQ(again.form()->plan(), page.form()->plan());
    EXPECT_EQ(again.form()->plan()->settings.expansion, 17);
}

TEST_F(TrainPageTest, EveryArchitectureShowsItsOwnDetails)
{
    open();
    auto* architecture = find<QComboBox>(page, "train_architecture");
    const auto shown = [&](const char* field) {
        return find<QWidget>(page, (std::string("train_") + field).c_str())->isVisible();
    };
    const auto choose = [&](const char* name) {
        architecture->setCurrentIndex(architecture->findText(QLatin1String(name)));
    };
    EXPECT_EQ(architecture->count(), 7);
    choose("Matryoshka");
    EXPECT_TRUE(shown("levels") && shown("k") && shown("auxiliary"));
    EXPECT_FALSE(shown("free_decoder") || shown("target_l0") || shown("lambda"));
    choose("AbsTopK");
    EXPECT_TRUE(shown("k") && shown("auxiliary"));
    EXPECT_FALSE(shown("levels"));
    choose("Gated");
    EXPECT_TRUE(shown("lambda") && shown("free_decoder") && shown("restarts_dead"));
    EXPECT_FALSE(shown("k") || shown("auxiliary") || shown("decoder_norm"));
    find<QCheckBox>(page, "train_free_decoder")->setChecked(true);
    EXPECT_TRUE(shown("decoder_norm"));
    EXPECT_TRUE(page.form()->plan()->settings.hasFreeDecoder);
    choose("JumpReLU");
    EXPECT_TRUE(shown("firing_penalty"));
    EXPECT_FALSE(shown("target_l0"));
    find<QComboBox>(page, "train_firing_penalty")->setCurrentIndex(2);
    EXPECT_TRUE(shown("target_l0"));
    find<QDoubleSpinBox>(page, "train_target_l0")->setValue(33.0);
    find<QDoubleSpinBox>(page, "train_clipped_norm")->setValue(1.0);
    const auto plan = page.form()->plan();
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->settings.firingPenalty, core::FiringPenalty::TargetCount);
    EXPECT_EQ(plan->settings.targetL0, 33.0);
    EXPECT_EQ(plan->settings.clippedNorm, 1.0);
    choose("TopK"); // what does not apply is not asked for
    EXPECT_FALSE(page.form()->plan()->settings.hasFreeDecoder);
}

TEST_F(TrainPageTest, ItStartsShowsWhatIsMeasuredAndIsDone)
{
    open();
    find<QLineEdit>(page, "trainName")->setText(QStringLiteral("mine"));
    QTest::keyClick(&page, Qt::Key_Return, Qt::ControlModifier);
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    const auto& calls = this->calls<core::TrainDictionaryRequest>();
    ASSERT_EQ(calls.size(), 1u);
    ASSERT_TRUE(calls[0].settings);
    EXPECT_EQ(*calls[0].settings, page.form()->plan()->settings);
    EXPECT_FALSE(calls[0].isResuming);
    EXPECT_TRUE(QString::fromStdString(calls[0].out).endsWith(QStringLiteral("/mine")));
    EXPECT_TRUE(figures().contains(QStringLiteral("step 1,000 of 1,000")))
        << figures().toStdString();
    EXPECT_TRUE(figures().contains(QStringLiteral("12 of 512 dead")));
    ASSERT_EQ(page.charts()->curves().size(), 1u);
    EXPECT_EQ(page.charts()->curves()[0].name, QStringLiteral("mine layer_2"));
    EXPECT_EQ(page.charts()->curves()[0].rows.size(), 50u);
    auto* chart = page.findChild<ui::MetricChart*>(QStringLiteral("chart_fvu"));
    ASSERT_TRUE(chart && chart->isVisible());
    EXPECT_EQ(
        chart->describeAt(499'000.0), QStringLiteral("mine layer_2: 0.136 at 500,000 tokens"));
    // What lies outside of the picture is said.
    EXPECT_TRUE(chart->note().contains(QStringLiteral("The steep beginning lies above")));
    EXPECT_FALSE(page.findChild<ui::MetricChart*>(QStringLiteral("chart_l0"))
                     ->note()
                     .contains(QStringLiteral("The steep beginning")));
    EXPECT_TRUE(button("trainOpen")->isEnabled());
}

TEST_F(TrainPageTest, WhileItRunsTheFormIsLockedAndPauseStopsItAtACheckpoint)
{
    open();
    holdAPausedOne();
    click("trainStart");
    ASSERT_TRUE(await([this] { return figures().contains(QStringLiteral("left")); }));
    EXPECT_EQ(page.job()->state(), State::Running);
    EXPECT_FALSE(page.form()->isEnabled());
    EXPECT_FALSE(button("trainStart")->isEnabled());
    click("trainPause");
    EXPECT_EQ(page.job()->state(), State::Pausing);
    ASSERT_EQ(engine->cancelled, std::vector<std::string>{"train"});
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Paused; }));
    EXPECT_TRUE(page.form()->isEnabled());
    EXPECT_EQ(button("trainPause")->text(), QStringLiteral("&Continue"));
    EXPECT_FALSE(button("trainOpen")->isEnabled());

    click("trainPause"); // exactly as it was
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Paused; }));
    engine->script<core::TrainDictionaryRequest>().answer = tests::sampleTrainingOutcome;
    auto* rate = find<QDoubleSpinBox>(page, "trainGoOnRate");
    ASSERT_TRUE(rate->isVisible());
    EXPECT_FALSE(find<QDoubleSpinBox>(page, "trainGoOnLambda")->isVisible()); // k it is
    rate->setValue(0.0004);
    click("trainPause");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    EXPECT_FALSE(rate->isVisible());
    const auto& calls = this->calls<core::TrainDictionaryRequest>();
    ASSERT_EQ(calls.size(), 3u);
    EXPECT_TRUE(calls[1].isResuming && calls[2].isResuming);
    EXPECT_EQ(calls[1].out, calls[0].out);
    EXPECT_FALSE(calls[1].changes);
    ASSERT_TRUE(calls[2].changes);
    EXPECT_EQ(calls[2].changes->learningRate, 0.0004);
}

TEST_F(TrainPageTest, StopAndKeepPausesAndMakesTheDictionaries)
{
    open();
    holdAPausedOne();
    click("trainStart");
    ASSERT_TRUE(await([this] { return button("trainKeep")->isEnabled(); }));
    click("trainKeep");
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return button("trainOpen")->isEnabled(); }));
    ASSERT_EQ(calls<core::KeepTrainingRequest>().size(), 1u);
    EXPECT_EQ(
        calls<core::KeepTrainingRequest>()[0].folder, calls<core::TrainDictionaryRequest>()[0].out);
    EXPECT_TRUE(page.job()->canGoOn());
}

TEST_F(TrainPageTest, AFailureIsSaidAndLeavesTheFormReady)
{
    open();
    engine->script<core::TrainDictionaryRequest>().failWith("The text is too short. Take more.");
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Failed; }));
    EXPECT_TRUE(page.findChild<ui::MessageBar*>()->text().contains(QStringLiteral("too short")));
    EXPECT_TRUE(page.form()->isEnabled());
}

TEST_F(TrainPageTest, WhatIsMadeIsAskedToBeOpened)
{
    open();
    QSignalSpy asked(&page, &ui::TrainPage::openRequested);
    click("trainStart");
    ASSERT_TRUE(await([this] { return button("trainOpen")->isEnabled(); }));
    click("trainOpen");
    ASSERT_EQ(asked.count(), 1);
    const QStringList paths = asked[0][0].toStringList();
    ASSERT_EQ(paths.size(), 1);
    EXPECT_TRUE(paths[0].endsWith(QStringLiteral("/matryoshka-1/layer_2")));
}

TEST_F(TrainPageTest, ATrainingThatWasLeftIsOfferedAndGoesOn)
{
    engine->script<core::TrainingRunsRequest>().answer
        = [](const core::TrainingRunsRequest& asked) {
              return std::vector{tests::sampleTrainingRun(asked.folder + "/left", 0.5),
                  tests::sampleTrainingRun(asked.folder + "/old")};
          };
    QSignalSpy found(&page, &ui::TrainPage::unfinishedFound);
    page.hide(); // another page is shown
    openSample();
    auto* offer = find<QLabel>(page, "trainOfferText");
    ASSERT_TRUE(await([&] { return !found.isEmpty(); }));
    EXPECT_TRUE(offer->text().contains(QStringLiteral("left was left at 50 %")))
        << offer->text().toStdString();
    page.show();
    click("trainOfferAccept");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    const auto& calls = this->calls<core::TrainDictionaryRequest>();
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_TRUE(calls[0].isResuming);
    EXPECT_TRUE(QString::fromStdString(calls[0].out).endsWith(QStringLiteral("/left")));
}

TEST_F(TrainPageTest, EarlierRunsAreLaidUnderTakenUpAndCopied)
{
    engine->script<core::TrainingRunsRequest>().answer
        = [](const core::TrainingRunsRequest& asked) {
              auto old = tests::sampleTrainingRun(asked.folder + "/old");
              old.settings.expansion = 3;
              return std::vector{old};
          };
    open();
    find<QTabWidget>(page, "trainTabs")->setCurrentIndex(1);
    auto* table = find<QTableView>(page, "trainRuns");
    ASSERT_TRUE(await([&] { return table->model()->rowCount() == 1; }));
    EXPECT_TRUE(table->model()
                    ->index(0, ui::RunTableModel::Settings)
                    .data()
                    .toString()
                    .contains(QStringLiteral("×3")));
    table->model()->setData(table->model()->index(0, 0), Qt::Checked, Qt::CheckStateRole);
    ASSERT_EQ(page.charts()->curves().size(), 1u);
    EXPECT_EQ(page.charts()->curves()[0].name, QStringLiteral("old layer_2"));
    table->selectRow(0);
    click("trainUseSettings");
    EXPECT_EQ(page.form()->plan()->settings.expansion, 3);
    find<QTabWidget>(page, "trainTabs")->setCurrentIndex(1);
    click("trainTake");
    EXPECT_EQ(page.job()->state(), State::Done);
    EXPECT_TRUE(button("trainOpen")->isEnabled());
    // Not twice: it is at hand now.
    EXPECT_TRUE(await([this] { return page.charts()->curves().size() == 1u; }));
}

TEST_F(TrainPageTest, CurvesGoOutAsPictureAndTable)
{
    open();
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    ASSERT_TRUE(page.charts()->save(folder.filePath(QStringLiteral("a.csv"))));
    QFile csv(folder.filePath(QStringLiteral("a.csv")));
    ASSERT_TRUE(csv.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = csv.readAll().trimmed().split('\n');
    ASSERT_EQ(lines.size(), 51);
    EXPECT_EQ(lines[0],
        "run,step,tokens,loss,fvu,l0,dead_percent,lr,gradient_norm,mse,sparsity,aux,"
        "tokens_per_second,held_out_fvu,held_out_l0,ce_score,kl,dense_percent,rare_percent,"
        "decoder_cosine,lambda,threshold");
    EXPECT_TRUE(lines[1].startsWith("\"matryoshka-1 layer_2\",20,20000,101.5,1,24,2.34375,"))
        << lines[1].toStdString();
    ASSERT_TRUE(page.charts()->save(folder.filePath(QStringLiteral("a.png"))));
    const QImage picture(folder.filePath(QStringLiteral("a.png")));
    ASSERT_FALSE(picture.isNull());
    EXPECT_GT(picture.width(), 2000);
    // On paper, and with the colour of the curve in the charts and in the legend.
    EXPECT_EQ(picture.pixelColor(2, 2), ui::lightPalette().color(QPalette::Base));
    const QRgb curve = ui::seriesColor(0, ui::lightPalette()).rgb();
    const int charts = 2 * 3 * 380; // three rows of charts: nothing was measured on held-out text
    int inCharts = 0, inLegend = 0;
    for (int y = 0; y < picture.height(); ++y)
        for (int x = 0; x < picture.width(); ++x)
            if (picture.pixel(x, y) == curve)
                ++(y < charts ? inCharts : inLegend);
    EXPECT_GT(inCharts, 1000);
    EXPECT_GT(inLegend, 50);
    const auto wrong = page.charts()->save(folder.filePath(QStringLiteral("a.gif")));
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find(".png, .svg or .csv"), std::string::npos);
}

TEST_F(TrainPageTest, ChartsAreShownInGroupsOfAFew)
{
    open();
    engine->script<core::TrainDictionaryRequest>().answer
        = [](const core::TrainDictionaryRequest& request) {
              core::TrainingOutcome outcome = tests::sampleTrainingOutcome(request);
              outcome.metrics = tests::sampleMeasuredRows("layer_2", 50, 0.97, 23.5);
              return outcome;
          };
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    for (int group = 0; group < ui::kChartGroups; ++group) {
        page.charts()->showGroup(static_cast<ui::ChartGroup>(group));
        int shown = 0;
        for (const auto* chart : page.findChildren<ui::MetricChart*>())
            shown += chart->isVisible();
        // λ takes no room where the architecture has none.
        const bool hasLambda = static_cast<ui::ChartGroup>(group) == ui::ChartGroup::Steps;
        EXPECT_EQ(shown,
            int(ui::metricsOf(static_cast<ui::ChartGroup>(group)).size()) - (hasLambda ? 1 : 0))
            << group;
        EXPECT_LE(shown, 6);
    }
    const auto described = [this](const char* name) {
        return page.findChild<ui::MetricChart*>(QLatin1String(name))->describeAt(390'000.0);
    };
    page.charts()->showGroup(ui::ChartGroup::HeldOut);
    EXPECT_EQ(described("chart_ce_score"),
        QStringLiteral("matryoshka-1 layer_2: 0.388 at 400,000 tokens")); // 0.97 * 20 / 50
    EXPECT_TRUE(figures().contains(QStringLiteral("CE score 0.970"))) << figures().toStdString();
    EXPECT_TRUE(figures().contains(QStringLiteral("explained variance 87.2 %")))
        << figures().toStdString();

    page.charts()->showGroup(ui::ChartGroup::Features);
    auto* density = page.findChild<ui::DensityMap*>(QStringLiteral("trainDensity"));
    ASSERT_TRUE(density && density->isVisible());
    EXPECT_EQ(density->columns(), 5);
    QString found;
    for (int y = 0; y < density->height() && !found.contains(QStringLiteral("500")); ++y)
        found = density->describeAt({density->width() / 2, y});
    EXPECT_TRUE(found.contains(QStringLiteral("500 features fire on 0.0316 % to 0.100 %")))
        << found.toStdString();

    page.charts()->showGroup(ui::ChartGroup::Peek);
    auto* peek = page.findChild<ui::FeaturePeekView*>(QStringLiteral("trainPeek"));
    ASSERT_TRUE(peek && peek->isVisible());
    EXPECT_EQ(peek->features(), 1);
    EXPECT_EQ(peek->text(),
        QStringLiteral(
            "Feature 41 fires on 1.00 % of the tokens · at bridge (predicts it to 93.0 %) · "
            "promotes gate, bay\nthe old bridge is"));
}

TEST_F(TrainPageTest, BeforeTheFirstMeasurementThePeekSaysWhatIsToCome)
{
    open();
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    page.charts()->showGroup(ui::ChartGroup::Peek);
    bool isSaid = false;
    for (const QLabel* label : page.charts()->findChildren<QLabel*>())
        isSaid = isSaid
            || (label->isVisible()
                && label->text().contains(QStringLiteral("No feature can be seen yet")));
    EXPECT_TRUE(isSaid);
}

TEST_F(TrainPageTest, ASweepIsAskedForAndItsFrontTellsWhichIsWhich)
{
    open();
    auto* field = find<QComboBox>(page, "trainSweepField");
    field->setCurrentIndex(field->findData(QStringLiteral("k")));
    find<QLineEdit>(page, "trainSweepValues")->setText(QStringLiteral("8, 16,32"));
    ASSERT_TRUE(await([this] { return canStart(); }));
    engine->script<core::TrainDictionaryRequest>().answer
        = [](const core::TrainDictionaryRequest& request) {
              core::TrainingOutcome outcome = tests::sampleTrainingOutcome(request);
              outcome.metrics = tests::sampleMeasuredRows("layer_2_k_8", 50, 0.90, 8.0);
              for (const auto& row : tests::sampleMeasuredRows("layer_2_k_32", 50, 0.98, 32.0))
                  outcome.metrics.push_back(row);
              return outcome;
          };
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    const auto& asked = calls<core::TrainDictionaryRequest>()[0].settings->sweep;
    EXPECT_EQ(asked, (core::TrainingSweep{"k", {"8", "16", "32"}}));
    page.charts()->showGroup(ui::ChartGroup::Front);
    auto* front = page.findChild<ui::FrontChart*>(QStringLiteral("frontCe"));
    ASSERT_TRUE(front && front->isVisible());
    EXPECT_EQ(front->points(), 2);
    QApplication::processEvents();
    // Where the second point is, by looking.
    const QString second = QStringLiteral("matryoshka-1 layer_2_k_32");
    QPoint at(-1, -1);
    for (int y = 0; y < front->height() && at.x() < 0; y += 4)
        for (int x = 0; x < front->width(); x += 4)
            if (front->nameAt({x, y}) == second) {
                at = {x, y};
                break;
            }
    ASSERT_GE(at.x(), 0);
    QTest::mouseClick(front->viewport(), Qt::LeftButton, {}, at);
    EXPECT_EQ(find<QComboBox>(page, "trainWhich")->currentText(), second);
    EXPECT_EQ(find<QLabel>(page, "frontText")->text(),
        second
            + QStringLiteral(": L0 32.0, FVU 0.128, CE score 0.980 on 2,048 held-out tokens, after "
                             "1,000,000 tokens"));
}

TEST_F(TrainPageTest, AnotherModelPausesWhatRunsAndForgetsIt)
{
    open();
    holdAPausedOne();
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->latest().step > 0; }));
    session.openModel(QStringLiteral("other"));
    engine->release(engine->waiting() - 1); // what runs has not stopped yet
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Idle; }));
    EXPECT_EQ(engine->cancelled, std::vector<std::string>{"train"});
    engine->releaseAll(); // its answer comes too late
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Idle && !session.isBusy(); }));
    EXPECT_TRUE(page.job()->folder().isEmpty());
    EXPECT_TRUE(page.charts()->curves().empty());
}

} // namespace
