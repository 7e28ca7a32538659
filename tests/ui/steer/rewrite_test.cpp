// Texts that are old, written on from a token, with another token in its place, at a pace.
#include "tests/ui/steer/steer_test.h"
#include "ui/shared/notice.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/rewrite_bar.h"
#include "ui/steer/stream_pane.h"
#include "ui/steer/text_columns.h"
#include "ui/steer/token_lanes.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

namespace {

using Stream = ui::TextColumns::Stream;

std::vector<core::TokenId> ids(std::initializer_list<int> values)
{
    return {values.begin(), values.end()};
}

class RewriteTest : public tests::SteerTest {
protected:
    bool isOld() { return page.findChild<ui::RewriteBar*>()->isOld(); }
    void setStrength(double value) { page.row(0)->findChild<QDoubleSpinBox*>()->setValue(value); }
    void choose(int token) { Q_EMIT page.texts()->pane(Stream::Steered)->lanes()->chosen(token); }
};

TEST_F(RewriteTest, WhatIsChangedAfterTheEndMakesTheTextsOld)
{
    write();
    EXPECT_FALSE(isOld());
    setStrength(5);
    EXPECT_TRUE(isOld());
    session.undoStack()->undo();
    EXPECT_FALSE(isOld()) << "they are again what would be written";
    find<QDoubleSpinBox>("temperature")->setValue(1.2);
    EXPECT_TRUE(isOld());
    find<QPushButton>("regenerateButton")->click();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_FALSE(isOld());
    EXPECT_DOUBLE_EQ(asked().settings.temperature, 1.2);
}

TEST_F(RewriteTest, AStrengthMovedWhileTheTextIsWrittenActsAndMakesNothingOld)
{
    engine->hold();
    page.generate();
    setStrength(6);
    EXPECT_FALSE(isOld());
    EXPECT_DOUBLE_EQ(asked().live->get().second[0].value, 6.0);
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_FALSE(isOld());
}

TEST_F(RewriteTest, WritesOnAfterTheChosenToken)
{
    write();
    EXPECT_FALSE(find<QPushButton>("writeOnButton")->isEnabled());
    choose(1);
    setStrength(5);
    find<QPushButton>("writeOnButton")->click();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(asked().steeredStart, ids({20, 21}));
    EXPECT_EQ(asked().normalStart, ids({10, 11}));
    EXPECT_DOUBLE_EQ(asked().interventions[0].value, 5.0);
    EXPECT_FALSE(isOld());
    EXPECT_TRUE(find<QLabel>("givenTokens")->text().contains(QStringLiteral("2 of the normal")));
    // What is given stays until it is forgotten or there is another prompt.
    write();
    EXPECT_EQ(asked().steeredStart, ids({20, 21}));
    page.setPrompt(QStringLiteral("another"));
    write();
    EXPECT_TRUE(asked().steeredStart.empty());
    choose(0);
    find<QPushButton>("writeOnButton")->click();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    find<QToolButton>("forgetGiven")->click();
    EXPECT_TRUE(page.request().steeredStart.empty());
    EXPECT_TRUE(isOld());
}

TEST_F(RewriteTest, PutsOtherTextInPlaceOfTheChosenToken)
{
    write();
    choose(1);
    auto* instead = find<QLineEdit>("insteadText");
    QTest::keyClicks(instead, QStringLiteral("xy"));
    QTest::keyClick(instead, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return asked().steeredStart.size() == 3 && !session.isBusy(); }));
    EXPECT_EQ(asked().steeredStart, ids({20, 'x', 'y'}));
    EXPECT_EQ(asked().normalStart, ids({10, 11, 12})) << "both stand at the same token";
    const auto tokenized = calls<core::TokenizeRequest>();
    EXPECT_TRUE(std::any_of(tokenized.begin(), tokenized.end(),
        [](const auto& one) { return one.text == "xy" && !one.addSpecial; }));
}

TEST_F(RewriteTest, TextsOfAnotherModelAreOldAndNotWrittenOn)
{
    write();
    choose(1);
    openModel(false);
    EXPECT_TRUE(isOld());
    EXPECT_FALSE(find<QPushButton>("writeOnButton")->isEnabled()) << "its ids mean nothing here";
    choose(1);
    EXPECT_FALSE(find<QPushButton>("writeOnButton")->isEnabled());
    write();
    EXPECT_FALSE(isOld());
    choose(1);
    EXPECT_TRUE(find<QPushButton>("writeOnButton")->isEnabled());
}

TEST_F(RewriteTest, ThePaceIsTheModelsUntilAPersonChoosesOne)
{
    write();
    ASSERT_TRUE(asked().pace);
    EXPECT_DOUBLE_EQ(asked().pace->tokensPerSecond(), 8.0) << "a small model";
    auto* speed = find<QComboBox>("paceChoice");
    speed->setCurrentIndex(0);
    Q_EMIT speed->activated(0);
    EXPECT_DOUBLE_EQ(asked().pace->tokensPerSecond(), 3.0) << "at once";
    ui::SteerPage next(&session, &selection, &settings);
    next.generate();
    EXPECT_DOUBLE_EQ(asked().pace->tokensPerSecond(), 3.0) << "remembered";
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
}

TEST_F(RewriteTest, ALargeModelWritesAsFastAsItGoes)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest&) {
        core::EngineState state = tests::sampleState();
        state.model.parameters = 124'000'000;
        return state;
    };
    session.openModel(QStringLiteral("large"));
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    write();
    EXPECT_DOUBLE_EQ(asked().pace->tokensPerSecond(), 0.0);
}

TEST_F(RewriteTest, PausesAndGoesOnTokenByToken)
{
    auto* pause = find<QToolButton>("pauseButton");
    auto* step = find<QToolButton>("stepButton");
    EXPECT_FALSE(pause->isEnabled());
    engine->hold();
    page.generate();
    ASSERT_TRUE(pause->isEnabled());
    core::GenerationPace& pace = *asked().pace;
    EXPECT_FALSE(pace.isPaused());
    pause->click();
    EXPECT_TRUE(pace.isPaused());
    EXPECT_FALSE(pace.takeStep());
    step->click();
    EXPECT_TRUE(pace.takeStep());
    EXPECT_FALSE(pace.takeStep());
    pause->click();
    EXPECT_FALSE(pace.isPaused());
    step->click();
    EXPECT_TRUE(pace.isPaused()) << "after the token that is being written";
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_FALSE(pause->isEnabled());
    engine->hold();
    step->click();
    EXPECT_TRUE(asked().pace->isPaused()) << "it begins with one token";
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
}

} // namespace
