#include "core/api/keep_training.h"
#include "core/api/training_runs.h"
#include "tests/ui/support/train_test.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/train/earlier_runs.h"
#include "ui/train/training_charts.h"

#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTableView>
#include <QTest>
#include <QWheelEvent>

namespace {

using State = ui::TrainingJob::State;

/// What the page says of the training at hand, and how it keeps what a person set.
class TrainRunTest : public tests::TrainTest {
protected:
    QString which() { return find<QLabel>(page, "trainWhichRun")->text(); }
    QString state() { return find<ui::Notice>(page, "trainState")->text(); }
    bool isSaid(const QString& words)
    {
        for (const QLabel* label : page.findChildren<QLabel*>())
            if (label->isVisible() && label->text().contains(words))
                return true;
        return false;
    }
    /// As the mouse does: Qt gives the focus first where the policy says so.
    static void turnWheel(QWidget& widget)
    {
        const QPointF at = QRectF(widget.rect()).center();
        QWheelEvent wheel(at, widget.mapToGlobal(at), {}, QPoint(0, -120), Qt::NoButton,
            Qt::NoModifier, Qt::NoScrollPhase, false);
        QSpontaneKeyEvent::setSpontaneous(&wheel);
        qApp->notify(&widget, &wheel);
    }
    void pauseOne()
    {
        holdAPausedOne();
        engine->script<core::TrainDictionaryRequest>().answer
            = [](const core::TrainDictionaryRequest& request) {
                  core::TrainingOutcome outcome = tests::sampleTrainingOutcome(request);
                  outcome.isPaused = true;
                  outcome.dictionaries.clear();
                  outcome.metrics.resize(25); // of 50
                  return outcome;
              };
        click("trainStart");
        ASSERT_TRUE(await([this] { return button("trainPause")->isEnabled(); }));
        click("trainPause");
        engine->releaseAll();
        ASSERT_TRUE(await([this] { return page.job()->state() == State::Paused; }));
    }
};

TEST_F(TrainRunTest, TheWheelScrollsTheFormAndChangesNoSetting)
{
    open();
    page.resize(1300, 600);
    page.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&page));
    button("trainStart")->setFocus();
    auto* batch = find<QSpinBox>(page, "train_batch");
    QScrollArea* area = nullptr;
    for (QWidget* above = batch; !area && above; above = above->parentWidget())
        area = qobject_cast<QScrollArea*>(above);
    ASSERT_TRUE(area);
    const auto before = page.form()->plan();
    for (QWidget* widget :
        {static_cast<QWidget*>(batch), static_cast<QWidget*>(batch->findChild<QLineEdit*>()),
            static_cast<QWidget*>(find<QComboBox>(page, "train_decay")),
            static_cast<QWidget*>(find<QComboBox>(page, "trainPreset")),
            static_cast<QWidget*>(find<QDoubleSpinBox>(page, "train_learning_rate"))}) {
        area->verticalScrollBar()->setValue(0);
        ASSERT_GT(area->verticalScrollBar()->maximum(), 0);
        turnWheel(*widget);
        EXPECT_FALSE(widget->hasFocus()) << widget->objectName().toStdString();
        EXPECT_GT(area->verticalScrollBar()->value(), 0) << widget->objectName().toStdString();
        EXPECT_EQ(page.form()->plan(), before) << widget->objectName().toStdString();
    }
    batch->setFocus(); // a person is at it
    ASSERT_TRUE(batch->hasFocus());
    turnWheel(*batch);
    EXPECT_NE(page.form()->plan(), before);
}

TEST_F(TrainRunTest, TheTrainingAtHandIsNamedWithItsOwnSettings)
{
    open();
    EXPECT_TRUE(which().isEmpty());
    pauseOne();
    find<QSpinBox>(page, "train_k")->setValue(19); // for the next one
    EXPECT_TRUE(which().startsWith(QStringLiteral("matryoshka-1: Matryoshka ×8, k ")))
        << which().toStdString();
    EXPECT_FALSE(which().contains(QStringLiteral("k 19"))) << which().toStdString();
    EXPECT_TRUE(which().contains(QStringLiteral("learning rate 0.002, batch")))
        << which().toStdString();
    EXPECT_TRUE(isSaid(QStringLiteral("For the next training. matryoshka-1 keeps")));
    EXPECT_TRUE(find<QLabel>(page, "trainGoOnFixed")
                    ->text()
                    .contains(QStringLiteral("k, width, layers, text")));
    auto* rate = find<QDoubleSpinBox>(page, "trainGoOnRate");
    EXPECT_EQ(rate->text(), QStringLiteral("0.002"));
    EXPECT_TRUE(isSaid(QStringLiteral("by its schedule")));
    rate->setValue(0.0005);
    click("trainPause");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Paused; }));
    EXPECT_TRUE(which().contains(QStringLiteral("learning rate 0.0005, batch")))
        << which().toStdString();
}

TEST_F(TrainRunTest, StopAndKeepSaysWhereAndIsNotOfferedTwice)
{
    open();
    holdAPausedOne();
    click("trainStart");
    ASSERT_TRUE(await([this] { return button("trainKeep")->isEnabled(); }));
    click("trainKeep");
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return button("trainOpen")->isEnabled(); }));
    EXPECT_FALSE(button("trainKeep")->isEnabled());
    EXPECT_TRUE(button("trainPause")->isEnabled()); // Continue
    EXPECT_TRUE(state().contains(QStringLiteral("Stopped and kept"))) << state().toStdString();
    EXPECT_TRUE(state().contains(QString::fromStdString(page.job()->dictionaries()[0])));
    EXPECT_TRUE(state().contains(QStringLiteral("Open in Features")));
    EXPECT_EQ(button("trainOpen")->text(), QStringLiteral("&Open matryoshka-1 in Features"));
    click("trainPause"); // what was kept lags behind from here on
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Paused; }));
    EXPECT_TRUE(button("trainKeep")->isEnabled());
}

TEST_F(TrainRunTest, AWildLearningRateIsWarnedOfAndNotRemembered)
{
    open();
    auto* rate = find<QDoubleSpinBox>(page, "train_learning_rate");
    auto* warning = find<ui::Notice>(page, "trainRateWarning");
    rate->setValue(0.05);
    EXPECT_FALSE(warning->isVisible());
    rate->setValue(1.0);
    EXPECT_TRUE(warning->isVisible());
    EXPECT_TRUE(warning->text().startsWith(QStringLiteral("500 times the usual 0.002:")))
        << warning->text().toStdString();
    ui::TrainPage again(&session, &settings);
    ASSERT_TRUE(again.form()->plan());
    EXPECT_DOUBLE_EQ(again.form()->plan()->settings.learningRate, 0.002);
}

TEST_F(TrainRunTest, AFailedStartLeavesWhatWasShownAndItsMessageGoesWithTheNextChange)
{
    open();
    pauseOne();
    ASSERT_EQ(page.charts()->curves().size(), 1u);
    auto& script = engine->script<core::TrainDictionaryRequest>();
    script.parts.clear();
    script.failWith("The text is too short. Take more.");
    find<QLineEdit>(page, "trainName")->setText(QStringLiteral("bad"));
    ASSERT_TRUE(await([this] { return canStart(); }));
    click("trainStart");
    auto* messages = page.findChild<ui::MessageBar*>();
    ASSERT_TRUE(await([&] { return messages->text().contains(QStringLiteral("too short")); }));
    EXPECT_EQ(page.job()->state(), State::Paused);
    EXPECT_TRUE(which().startsWith(QStringLiteral("matryoshka-1: "))) << which().toStdString();
    EXPECT_EQ(page.charts()->curves().size(), 1u);
    find<QSpinBox>(page, "train_seed")->setValue(7);
    EXPECT_TRUE(messages->text().isEmpty()) << messages->text().toStdString();
}

TEST_F(TrainRunTest, BeforeTheFirstStepThePageSaysWhatTheCurvesWaitFor)
{
    open();
    EXPECT_TRUE(isSaid(QStringLiteral("No dictionary has been trained here yet")));
    engine->script<core::TrainDictionaryRequest>().parts.clear(); // it makes no step yet
    engine->hold();
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Running; }));
    EXPECT_FALSE(isSaid(QStringLiteral("No dictionary has been trained here yet")));
    EXPECT_TRUE(isSaid(QStringLiteral("The curves begin when the text is recorded")));
    EXPECT_TRUE(isSaid(QStringLiteral("First the model writes the text")));
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
}

TEST_F(TrainRunTest, OnlyWhatMadeAStepIsOfferedAndTheOthersAreCounted)
{
    engine->script<core::TrainingRunsRequest>().answer
        = [](const core::TrainingRunsRequest& asked) {
              return std::vector{tests::sampleTrainingRun(asked.folder + "/never", 0.0),
                  tests::sampleTrainingRun(asked.folder + "/left", 0.5),
                  tests::sampleTrainingRun(asked.folder + "/older", 0.2)};
          };
    openSample();
    auto* offer = find<QLabel>(page, "trainOfferText");
    ASSERT_TRUE(await([&] { return offer->isVisible(); }));
    EXPECT_EQ(offer->text(),
        QStringLiteral("The training left was left at 50 %. It can go on from there, exactly. 1 "
                       "more waits under “Runs”."));
    EXPECT_TRUE(isSaid(QStringLiteral("Tick earlier trainings under “Runs”")));
    auto* table = find<QTableView>(page, "trainRuns");
    const auto text = [&](int row) {
        return table->model()->index(row, ui::RunTableModel::State).data().toString();
    };
    EXPECT_EQ(text(0), QStringLiteral("not begun"));
    EXPECT_EQ(text(1), QStringLiteral("paused at 50 %"));
}

TEST(RunTableModelTest, ARunningTrainingSaysSoWithItsOwnFigures)
{
    ui::RunTableModel model;
    const auto text = [&](int column) { return model.index(0, column).data().toString(); };
    model.setRuns({tests::sampleTrainingRun("runs/one", 0.02)});
    EXPECT_EQ(text(ui::RunTableModel::State), QStringLiteral("paused at 2 %"));
    model.setRunning("runs/one", tests::sampleTrainingRows("layer_2", 2)[1]);
    EXPECT_EQ(text(ui::RunTableModel::State), QStringLiteral("runs, 100 %"));
    EXPECT_EQ(text(ui::RunTableModel::Fvu), QStringLiteral("0.550"));
    EXPECT_TRUE(model.index(0, ui::RunTableModel::L0)
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains(QStringLiteral("one: runs, 100 %")));
    model.setRunning({}, {});
    EXPECT_EQ(text(ui::RunTableModel::State), QStringLiteral("paused at 2 %"));
}

TEST_F(TrainRunTest, WhatAnArchitectureLacksCannotBeSwept)
{
    open();
    auto* field = find<QComboBox>(page, "trainSweepField");
    const auto canBeChosen = [&](const char* name) {
        return static_cast<QStandardItemModel*>(field->model())
            ->item(field->findData(QLatin1String(name)))
            ->isEnabled();
    };
    EXPECT_TRUE(canBeChosen("k"));
    EXPECT_FALSE(canBeChosen("lambda"));
    field->setCurrentIndex(field->findData(QStringLiteral("k")));
    auto* architecture = find<QComboBox>(page, "train_architecture");
    architecture->setCurrentIndex(architecture->findText(QStringLiteral("L1")));
    EXPECT_FALSE(canBeChosen("k"));
    EXPECT_TRUE(canBeChosen("lambda"));
    EXPECT_EQ(field->currentIndex(), 0);
    EXPECT_TRUE(page.form()->plan()->settings.sweep.isEmpty());
}

TEST(ProblemInWordsTest, TheFieldIsNamedOnce)
{
    EXPECT_EQ(ui::problemInWords(
                  {"sweep", "sweep: `x` is no number for `k`."}, QStringLiteral("Try several")),
        QStringLiteral("Try several: `x` is no number for `k`."));
    EXPECT_EQ(
        ui::problemInWords({"layers", "Layer 99 is not in the model."}, QStringLiteral("Layers")),
        QStringLiteral("Layer 99 is not in the model."));
    EXPECT_EQ(ui::problemInWords({"seed", "Choose another."}, QStringLiteral("Seed")),
        QStringLiteral("Seed: Choose another."));
}

TEST_F(TrainRunTest, ASweepIsToldOfOneDictionaryAndAllAreSaved)
{
    open();
    engine->script<core::TrainDictionaryRequest>().answer
        = [](const core::TrainDictionaryRequest& request) {
              core::TrainingOutcome outcome = tests::sampleTrainingOutcome(request);
              outcome.dictionaries = {request.out + "/layer_2_k_8", request.out + "/layer_2_k_32"};
              outcome.metrics.clear();
              const auto first = tests::sampleTrainingRows("layer_2_k_8", 20);
              const auto second = tests::sampleTrainingRows("layer_2_k_32", 20);
              for (std::size_t i = 0; i < first.size(); ++i) {
                  outcome.metrics.push_back(first[i]);
                  outcome.metrics.push_back(second[i]);
              }
              return outcome;
          };
    click("trainStart");
    ASSERT_TRUE(await([this] { return page.job()->state() == State::Done; }));
    EXPECT_TRUE(figures().startsWith(QStringLiteral("layer_2_k_8, one of 2: step 1,000 of 1,000")))
        << figures().toStdString();
    EXPECT_TRUE(state().contains(QStringLiteral("2 dictionaries were saved in ")))
        << state().toStdString();
}

} // namespace
