#include "ui/steer/sweep/what_steers_panel.h"

#include "core/api/open_model.h"
#include "core/api/what_steers.h"
#include "tests/ui/support/fits.h"
#include "tests/ui/support/sample_results.h"
#include "tests/ui/support/sample_steering.h"
#include "tests/ui/support/window_test.h"
#include "ui/features/features_page.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/steer/steer_page.h"
#include "ui/steer/sweep/steering_candidate_model.h"
#include "ui/steer/sweep/written_text.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>

namespace {

using Column = ui::SteeringCandidateModel::Column;

class WhatSteersTest : public tests::WindowTest {
protected:
    void SetUp() override { start(window); }
    void rank()
    {
        window.showPage(app::MainWindow::Page::Features);
        window.featuresPage()->search(QStringLiteral("golden gate"));
        auto* button = window.findChild<QPushButton*>(QStringLiteral("rankBySteering"));
        ASSERT_TRUE(await([&] { return button->isVisible() && isIdle(); }));
        QTest::mouseClick(button, Qt::LeftButton);
        panel = window.findChild<ui::WhatSteersPanel*>();
        ASSERT_TRUE(panel);
        ASSERT_TRUE(await([&] { return panel->answer() && isIdle(); }));
    }
    void picture(const char* name)
    {
        if (const QString pictures = qEnvironmentVariable("FEATURESCOPE_PICTURES");
            !pictures.isEmpty())
            panel->window()->grab().save(
                QStringLiteral("%1/%2.png").arg(pictures, QLatin1String(name)));
    }
    bool isIdle() { return !window.session()->isBusy(); }
    template <typename T> T* find(const char* name)
    {
        return panel->findChild<T*>(QLatin1String(name));
    }

    app::MainWindow window{&settings};
    ui::WhatSteersPanel* panel = nullptr;
};

TEST_F(WhatSteersTest, InAChatTextsAnswerTheMessage)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest& asked) {
        core::EngineState state = tests::sampleState();
        state.model.path = asked.path;
        state.model.hasChatTemplate = true;
        return state;
    };
    window.session()->openModel(QStringLiteral("chatty"));
    ASSERT_TRUE(await([&] { return window.session()->state().model.hasChatTemplate && isIdle(); }));
    window.findChild<QCheckBox*>(QStringLiteral("chatSwitch"))->setChecked(true);
    rank();
    EXPECT_TRUE(engine->script<core::WhatSteersRequest>().calls.at(0).isChat);
    bool isSaid = false;
    for (const auto* label : panel->findChildren<QLabel*>())
        isSaid |= label->text().contains(QStringLiteral("answers the Steer page's message"));
    EXPECT_TRUE(isSaid);
}

TEST_F(WhatSteersTest, ASearchIsRankedWithTheGuardAndThoseThatDoNotSteerAreGreyAndLast)
{
    auto* button = window.findChild<QPushButton*>(QStringLiteral("rankBySteering"));
    EXPECT_FALSE(button->isVisible()); // nothing was searched for
    rank();
    const auto& asked = engine->script<core::WhatSteersRequest>().calls;
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].query, "golden gate");
    EXPECT_EQ(asked[0].multiples, (std::vector<double>{2, 5, 10}));
    EXPECT_EQ(asked[0].settings.guard, core::FluencyGuard());
    EXPECT_DOUBLE_EQ(asked[0].settings.temperature, 0.6);
    EXPECT_EQ(asked[0].prompt, window.steerPage()->prompt().toStdString());
    EXPECT_TRUE(find<ui::Notice>("steersSummary")
                    ->text()
                    .startsWith(QStringLiteral("3 of 5 features make the model write about "
                                               "“golden gate”")));
    auto* model = find<QTableView>("steersTable")->model();
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_EQ(model->index(2, Column::Steers).data().toString(), QStringLiteral("yes"));
    EXPECT_EQ(model->index(3, Column::Steers).data().toString(), QStringLiteral("no"));
    EXPECT_FALSE(model->index(2, Column::Text).data(Qt::ForegroundRole).isValid());
    EXPECT_TRUE(model->index(3, Column::Text).data(Qt::ForegroundRole).isValid());
    EXPECT_EQ(model->index(0, Column::OnTopic).data().toString(), QStringLiteral("40 % (2 %)"));
    EXPECT_TRUE(find<ui::WrittenTextView>("steersText")->text().contains(QStringLiteral("seals")));
}

TEST_F(WhatSteersTest, SeveralAreTakenToTheSteerPageEachAtItsStrength)
{
    const core::GenerateSettings before = window.steerPage()->request().settings;
    rank();
    auto* table = find<QTableView>("steersTable");
    table->selectRow(0);
    table->selectionModel()->select(
        table->model()->index(2, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
    auto* take = find<QPushButton>("steersTake");
    EXPECT_TRUE(take->text().contains(QStringLiteral("these 2")));
    QTest::mouseClick(take, Qt::LeftButton);
    ASSERT_TRUE(await([&] { return isIdle(); }));
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Steer);
    const auto& changes = window.steerPage()->interventions();
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[0].feature.feature, core::FeatureId(10));
    EXPECT_EQ(changes[0].value, 2.0);
    EXPECT_EQ(changes[1].feature.feature, core::FeatureId(12));
    EXPECT_EQ(changes[1].value, 10.0);
    EXPECT_TRUE(changes[1].isMultipleOfMax);
    EXPECT_EQ(window.steerPage()->request().settings.guard, core::FluencyGuard());
    window.session()->undoStack()->undo();
    EXPECT_TRUE(window.steerPage()->interventions().empty());
    EXPECT_EQ(window.steerPage()->request().settings, before);
}

TEST_F(WhatSteersTest, TheEmptySteerPageLeadsToItAndStrengthsAreRemembered)
{
    window.showPage(app::MainWindow::Page::Steer);
    auto* button = window.findChild<QPushButton*>(QStringLiteral("whatSteersButton"));
    ASSERT_TRUE(button->isVisible());
    button->click();
    panel = window.findChild<ui::WhatSteersPanel*>();
    ASSERT_TRUE(panel);
    EXPECT_FALSE(find<QPushButton>("steersRun")->isEnabled());
    EXPECT_TRUE(find<QLabel>("steersState")->text().contains(QStringLiteral("Write the words")));
    QTest::keyClicks(find<QLineEdit>("steersConcept"), QStringLiteral("harbor"));
    find<QLineEdit>("steersStrengths")->setText(QStringLiteral("4, 8"));
    QTest::keyClick(find<QLineEdit>("steersConcept"), Qt::Key_Return);
    ASSERT_TRUE(await([&] { return panel->answer() && isIdle(); }));
    EXPECT_EQ(panel->answer()->request.query, "harbor");
    EXPECT_EQ(panel->answer()->request.multiples, (std::vector<double>{4, 8}));
    EXPECT_EQ(settings.value(ui::SettingKey::SteeringStrengths).toString(), QStringLiteral("4, 8"));
}

TEST_F(WhatSteersTest, NothingThatSteersIsSaidAndAFailureKeepsTheRanking)
{
    engine->script<core::WhatSteersRequest>().answer = [](const core::WhatSteersRequest& request) {
        core::WhatSteers answer = tests::sampleWhatSteers(request);
        answer.steering = 0;
        return answer;
    };
    rank();
    EXPECT_EQ(find<ui::Notice>("steersSummary")->kind(), ui::Notice::Kind::Warning);
    EXPECT_TRUE(find<ui::Notice>("steersSummary")->text().startsWith(QStringLiteral("None of 5")));
    engine->script<core::WhatSteersRequest>().failWith("Nothing to try. Search for other words.");
    panel->run();
    auto* messages = panel->findChild<ui::MessageBar*>();
    ASSERT_TRUE(await([&] { return !messages->text().isEmpty(); }));
    EXPECT_EQ(messages->text(), QStringLiteral("Nothing to try. Search for other words."));
    EXPECT_EQ(find<QTableView>("steersTable")->model()->rowCount(), 5);
}

TEST_F(WhatSteersTest, EveryTextOfItFits)
{
    window.findChild<QPushButton*>(QStringLiteral("whatSteersButton"))->click();
    panel = window.findChild<ui::WhatSteersPanel*>();
    settle();
    EXPECT_EQ(tests::cutOffIn(*panel).join(QLatin1Char('\n')).toStdString(), "");
    picture("what-steers-empty");
    rank();
    settle();
    EXPECT_EQ(tests::cutOffIn(*panel).join(QLatin1Char('\n')).toStdString(), "");
    picture("what-steers");
}

} // namespace
