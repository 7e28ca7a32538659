#include "ui/steer/sweep/sweep_panel.h"

#include "core/api/sweep.h"
#include "tests/ui/support/fits.h"
#include "tests/ui/support/sample_steering.h"
#include "tests/ui/support/ui_test.h"
#include "ui/session/settings.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/steer/steer_page.h"
#include "ui/steer/sweep/steering_studies.h"
#include "ui/steer/sweep/sweep_grid_model.h"
#include "ui/steer/sweep/written_text.h"
#include "ui/style/theme.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>

namespace {

class SweepPanelTest : public tests::UiTest {
protected:
    void SetUp() override
    {
        openSample();
        page.resize(1300, 850);
        page.show();
        page.addFeature({"saes/layer_2", core::FeatureId(10)});
        ASSERT_TRUE(await([this] { return !session.isBusy(); }));
        tests::UiTest::find<QPushButton>(page, "sweepButton")->click();
        panel = page.findChild<ui::SweepPanel*>();
        ASSERT_TRUE(panel);
        ASSERT_TRUE(await([this] { return panel->isVisible() && !session.isBusy(); }));
    }
    void runSweep()
    {
        QTest::mouseClick(find<QPushButton>("sweepRun"), Qt::LeftButton);
        ASSERT_TRUE(await([this] { return panel->sweep() && !session.isBusy(); }));
    }
    template <typename T> T* find(const char* name)
    {
        return panel->findChild<T*>(QLatin1String(name));
    }
    void picture(const char* name)
    {
        for (int i = 0; i < 4; ++i) // until no layout waits for another
            settle();
        if (const QString pictures = qEnvironmentVariable("FEATURESCOPE_PICTURES");
            !pictures.isEmpty())
            panel->window()->grab().save(
                QStringLiteral("%1/%2.png").arg(pictures, QLatin1String(name)));
    }
    QString sentence(const char* notice) { return find<ui::Notice>(notice)->text(); }
    QString errors() { return panel->findChild<ui::MessageBar*>()->text(); }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::SteerPage page{&session, &selection, &settings};
    ui::SweepPanel* panel = nullptr;
};

TEST_F(SweepPanelTest, EveryWayAtEveryStrengthIsAskedForInOneRequest)
{
    EXPECT_TRUE(panel->findChild<ui::EmptyState*>()->isVisible());
    EXPECT_TRUE(find<QLabel>("sweepCount")
                    ->text()
                    .startsWith(QStringLiteral("4 ways of steering × 4 strengths")));
    runSweep();
    ASSERT_EQ(calls<core::SweepRequest>().size(), 1u);
    const core::SweepRequest& asked = calls<core::SweepRequest>()[0];
    EXPECT_EQ(asked.rows.size(), 4u); // clamp and add, without and with the guard
    EXPECT_EQ(asked.strengths, (std::vector<double>{1, 2, 5, 10}));
    EXPECT_EQ(asked.prompt, page.prompt().toStdString());
    EXPECT_EQ(asked.rows[0].interventions.front().feature.feature, core::FeatureId(10));
    auto* grid = find<QTableView>("sweepGrid");
    QAbstractItemModelTester tester(
        grid->model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_EQ(grid->model()->rowCount(), 4);
    EXPECT_EQ(grid->model()->columnCount(), 4);
    EXPECT_EQ(grid->model()->headerData(2, Qt::Horizontal).toString(), QStringLiteral("5 ×"));
    EXPECT_EQ(
        grid->model()->headerData(1, Qt::Vertical).toString(), QStringLiteral("Clamp\nguard on"));
}

TEST_F(SweepPanelTest, TheSweetSpotIsSaidFramedAndChosen)
{
    runSweep();
    EXPECT_EQ(find<ui::Notice>("sweepSummary")->kind(), ui::Notice::Kind::Good);
    EXPECT_TRUE(
        sentence("sweepSummary").startsWith(QStringLiteral("Sweet spot: Add · guard on, 10 ×.")))
        << sentence("sweepSummary").toStdString();
    auto* grid = find<QTableView>("sweepGrid");
    EXPECT_EQ(grid->currentIndex(), grid->model()->index(3, 3));
    auto* cell = find<ui::WrittenTextView>("sweepCell");
    EXPECT_TRUE(cell->text().contains(QStringLiteral("seals bark at the pier")));
    EXPECT_TRUE(cell->figures().contains(QStringLiteral("On topic 80 % (normal text 2 %)")))
        << cell->figures().toStdString();
    EXPECT_TRUE(cell->figures().contains(QStringLiteral("iso-KL strength of this row: 1 ×")));
    EXPECT_TRUE(cell->figures().contains(QStringLiteral("guard spent 11.5 nats")));
    panel->chooseCell(0, 3);
    EXPECT_TRUE(cell->figures().startsWith(QStringLiteral("Broken")));
    EXPECT_TRUE(cell->figures().contains(QStringLiteral("No strength of this row keeps")));
    const QString spoken = grid->model()->index(3, 3).data(Qt::AccessibleTextRole).toString();
    EXPECT_TRUE(spoken.contains(QStringLiteral("sweet spot"))) << spoken.toStdString();
}

TEST_F(SweepPanelTest, NoSweetSpotIsSaidInWords)
{
    engine->script<core::SweepRequest>().answer = [](const core::SweepRequest& request) {
        core::Sweep sweep = tests::sampleSweep(request);
        sweep.sweetSpot.reset();
        return sweep;
    };
    runSweep();
    EXPECT_EQ(find<ui::Notice>("sweepSummary")->kind(), ui::Notice::Kind::Warning);
    EXPECT_TRUE(sentence("sweepSummary").startsWith(QStringLiteral("No sweet spot")));
    EXPECT_EQ(find<QTableView>("sweepGrid")->currentIndex().row(), 0);
}

TEST_F(SweepPanelTest, EnterTakesACellWithStrengthAndGuardAndUndoBringsBackWhatWasThere)
{
    runSweep();
    const core::GenerateRequest before = page.request();
    const int steps = session.undoStack()->count();
    panel->chooseCell(1, 2); // clamp, guarded, 5
    QTest::keyClick(find<QTableView>("sweepGrid"), Qt::Key_Return);
    const core::GenerateRequest after = page.request();
    ASSERT_EQ(after.interventions.size(), 1u);
    EXPECT_EQ(after.interventions[0].value, 5.0);
    EXPECT_EQ(after.interventions[0].mode, core::InterventionMode::Clamp);
    EXPECT_TRUE(after.settings.guard);
    EXPECT_DOUBLE_EQ(after.settings.temperature, 0.6);
    EXPECT_FALSE(panel->isVisible());
    EXPECT_EQ(session.undoStack()->count(), steps + 1);
    session.undoStack()->undo();
    EXPECT_EQ(page.request().interventions, before.interventions);
    EXPECT_EQ(page.request().settings, before.settings);
}

TEST_F(SweepPanelTest, AChangeOfListWhileItRunsLosesNothing)
{
    engine->hold();
    QTest::mouseClick(find<QPushButton>("sweepRun"), Qt::LeftButton);
    ASSERT_TRUE(await([this] { return engine->waiting() > 0; }));
    EXPECT_TRUE(find<QPushButton>("sweepStop")->isEnabled());
    page.addFeature({"saes/layer_2", core::FeatureId(11)});
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return panel->sweep() && !session.isBusy(); }));
    EXPECT_EQ(panel->sweep()->request.rows[0].interventions.size(), 1u);
    EXPECT_TRUE(sentence("sweepStale").contains(QStringLiteral("run it again")));
    session.undoStack()->undo();
    EXPECT_TRUE(sentence("sweepStale").isEmpty());
    // A sweep that fails or is stopped leaves the one that is shown.
    engine->script<core::SweepRequest>().failWith("The prompt fills the context. Shorten it.");
    find<QPushButton>("sweepRun")->click();
    ASSERT_TRUE(await([this] { return !errors().isEmpty(); }));
    EXPECT_EQ(errors(), QStringLiteral("The prompt fills the context. Shorten it."));
    EXPECT_TRUE(panel->sweep());
    QSignalSpy cancelled(&session, &ui::Session::busyChanged);
    engine->hold();
    find<QPushButton>("sweepRun")->click();
    find<QPushButton>("sweepStop")->click();
    EXPECT_EQ(engine->cancelled.back(), "sweep");
    engine->releaseAll();
}

TEST_F(SweepPanelTest, WhatIsMissingIsSaidWhereTheCountStands)
{
    auto* run = find<QPushButton>("sweepRun");
    auto* says = find<QLabel>("sweepCount");
    auto* strengths = find<QLineEdit>("sweepStrengths");
    strengths->setText(QStringLiteral("1, two"));
    EXPECT_FALSE(run->isEnabled());
    EXPECT_TRUE(says->text().contains(QStringLiteral("numbers parted by commas")));
    strengths->setText(QStringLiteral("3"));
    EXPECT_TRUE(run->isEnabled());
    EXPECT_EQ(settings.value(ui::SettingKey::SweepStrengths).toString(), QStringLiteral("3"));
    find<QCheckBox>("sweepGuarded")->setChecked(false);
    find<QCheckBox>("sweepUnguarded")->setChecked(false);
    EXPECT_TRUE(says->text().contains(QStringLiteral("guard")));
    find<QCheckBox>("sweepGuarded")->setChecked(true);
    session.undoStack()->undo(); // the feature goes
    EXPECT_FALSE(run->isEnabled());
    EXPECT_TRUE(find<QPushButton>("sweepWhatSteers")->isVisible());
}

TEST_F(SweepPanelTest, ASweepIsSavedAsTableAndPictureAndCopied)
{
    runSweep();
    const QString csv = folder.filePath(QStringLiteral("sweep.csv"));
    ASSERT_TRUE(panel->save(csv));
    QFile file(csv);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QString table = QString::fromUtf8(file.readAll());
    EXPECT_EQ(table.count(QStringLiteral("\r\n")), 18); // head, normal, sixteen cells
    EXPECT_TRUE(table.startsWith(QStringLiteral("\"method\",\"features\"")));
    EXPECT_TRUE(table.contains(
        QStringLiteral("\"Add · guard on\",\"saes/layer_2:10\",\"10\",\"sweet_spot\"")));
    const QString png = folder.filePath(QStringLiteral("sweep.png"));
    ASSERT_TRUE(panel->save(png));
    EXPECT_GT(QImage(png).width(), 1000);
    EXPECT_TRUE(panel->save(folder.filePath(QStringLiteral("sweep.svg"))));
    const auto refused = panel->save(folder.filePath(QStringLiteral("sweep.txt")));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(".png"), std::string::npos);
    find<QPushButton>("sweepCopy")->click();
    const QString copied = QGuiApplication::clipboard()->text();
    EXPECT_EQ(copied.count(QLatin1Char('\n')), 18);
}

TEST_F(SweepPanelTest, AnotherModelTakesTheResultAway)
{
    runSweep();
    session.openModel(QStringLiteral("another"));
    ASSERT_TRUE(await([this] { return !panel->sweep() && !session.isBusy(); }));
    EXPECT_FALSE(find<QPushButton>("sweepTake")->isEnabled());
    EXPECT_FALSE(panel->save(folder.filePath(QStringLiteral("no.csv"))));
}

TEST_F(SweepPanelTest, EveryTextFits)
{
    EXPECT_EQ(tests::cutOffIn(*panel).join(QLatin1Char('\n')).toStdString(), "");
    picture("sweep-empty");
    runSweep();
    picture("sweep");
    EXPECT_EQ(tests::cutOffIn(*panel).join(QLatin1Char('\n')).toStdString(), "");
}

TEST_F(SweepPanelTest, LargeTextInASmallWindowNeedsNoScrollingSideways)
{
    struct Large {
        Large() { ui::applyFontScale(*qApp, 1.5); }
        ~Large() { ui::applyFontScale(*qApp, 1.0); }
    } large;
    ui::SteerPage small(&session, &selection, &settings);
    small.resize(1000, 680);
    small.addFeature({"saes/layer_2", core::FeatureId(10)});
    panel = small.studies()->showSweep();
    runSweep();
    EXPECT_LE(panel->window()->width(), 1000);
    EXPECT_LE(panel->minimumSizeHint().width(), 980);
    EXPECT_EQ(tests::cutOffIn(*panel).join(QLatin1Char('\n')).toStdString(), "");
    picture("sweep-large");
}

} // namespace
