// Where and when a change acts.
#include "tests/ui/steer/steer_test.h"
#include "ui/shared/token_strip.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/intervention_text.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QSpinBox>

namespace {

class ConditionsTest : public tests::SteerTest {
protected:
    void pick(const char* combo, const QString& text)
    {
        auto* box = page.row(0)->findChild<QComboBox*>(QLatin1String(combo));
        const int at = box->findText(text, Qt::MatchContains);
        ASSERT_GE(at, 0) << text.toStdString();
        box->setCurrentIndex(at);
        Q_EMIT box->activated(at);
    }
    const core::Intervention& change() { return page.interventions()[0]; }
};

TEST_F(ConditionsTest, AChangeWaitsForItsOwnFeatureOrForTheChosenOne)
{
    EXPECT_FALSE(change().when);
    pick("conditionChoice", QStringLiteral("while it fires"));
    ASSERT_TRUE(change().when);
    EXPECT_EQ(change().when->feature, change().feature);
    EXPECT_TRUE(change().when->isMultipleOfMax);
    page.row(0)->findChild<QDoubleSpinBox*>(QStringLiteral("conditionAbove"))->setValue(0.5);
    EXPECT_DOUBLE_EQ(change().when->above, 0.5);

    const core::FeatureRef other{"saes/layer_1", core::FeatureId(15)};
    selection.setFeature(other);
    ASSERT_TRUE(await([this] { return !session.isBusy(); }));
    auto* choice = page.row(0)->findChild<QComboBox*>(QStringLiteral("conditionChoice"));
    ASSERT_EQ(choice->count(), 3);
    choice->setCurrentIndex(2);
    Q_EMIT choice->activated(2);
    EXPECT_EQ(change().when->feature, other);
    // It stays offered when another is chosen.
    selection.setFeature({"saes/layer_1", core::FeatureId(16)});
    EXPECT_EQ(choice->count(), 4);
    EXPECT_EQ(change().when->feature, other);
    EXPECT_GT(choice->currentIndex(), 1);
    EXPECT_TRUE(ui::describeIntervention(change()).contains(
        QStringLiteral("while saes/layer_1:15 is above 0.1 × max")))
        << ui::describeIntervention(change()).toStdString();
    session.undoStack()->undo();
    EXPECT_EQ(change().when->feature, change().feature);
    write();
    EXPECT_EQ(asked().interventions[0].when, change().when);
}

TEST_F(ConditionsTest, AChangeActsFromATokenOn)
{
    pick("positionChoice", QStringLiteral("from a token on"));
    page.row(0)->findChild<QSpinBox*>(QStringLiteral("positionFrom"))->setValue(7);
    EXPECT_EQ(change().positions, core::PositionRange::from(core::Position(7)));
    session.undoStack()->undo();
    session.undoStack()->undo();
    EXPECT_EQ(change().positions, core::PositionRange());
}

TEST_F(ConditionsTest, TokensOfThePromptAreChosenByClickingThem)
{
    page.resize(1200, 900);
    page.show();
    page.setPrompt(QStringLiteral("abc"));
    pick("positionChoice", QStringLiteral("on chosen tokens"));
    auto* strip = page.row(0)->findChild<ui::TokenStrip*>(QStringLiteral("positionStrip"));
    ASSERT_TRUE(await([&] { return strip->tokens().size() == 4; }));
    EXPECT_EQ(change().positions.kind, core::PositionRange::Kind::Chosen);
    ASSERT_TRUE(await([&] { return strip->isVisible() && strip->width() > 40; }));
    const auto click = [&](int index) {
        for (int x = 0; x < strip->width(); ++x)
            if (strip->tokenAt({x, 4}) == index) {
                QTest::mouseClick(strip, Qt::LeftButton, {}, {x + 2, 4});
                return;
            }
        ADD_FAILURE() << "no token " << index;
    };
    click(3);
    click(1);
    EXPECT_EQ(change().positions.chosen, (std::vector{core::Position(1), core::Position(3)}));
    EXPECT_GT(strip->tokens()[1].value, 0);
    click(1);
    EXPECT_EQ(change().positions.chosen, std::vector{core::Position(3)}) << "a second click";
    QTest::keyClick(strip, Qt::Key_Home);
    QTest::keyClick(strip, Qt::Key_Space);
    EXPECT_EQ(change().positions.chosen, (std::vector{core::Position(0), core::Position(3)}));
    session.undoStack()->undo();
    EXPECT_EQ(change().positions.chosen, std::vector{core::Position(3)});
    page.setPrompt(QStringLiteral("abcdef"));
    EXPECT_TRUE(await([&] { return strip->tokens().size() == 7; })) << "the new prompt's";
}

TEST_F(ConditionsTest, AllOfItIsKeptWithTheSession)
{
    core::Intervention kept = change();
    kept.positions.kind = core::PositionRange::Kind::Chosen;
    kept.positions.chosen = {core::Position(2)};
    kept.when = core::Condition{{"saes/layer_1", core::FeatureId(3)}, 0.4, true};
    Q_EMIT page.row(0)->changed(kept, false);
    core::SavedSession saved;
    page.save(saved);
    saved.steer.topic = {{"saes/layer_0", core::FeatureId(9)}};
    saved.steer.normalStart = {core::TokenId(4)};
    saved.steer.steeredStart = {core::TokenId(5), core::TokenId(6)};
    saved.steer.settings.otherAttention = true;
    ui::SteerPage next(&session, &selection, &settings);
    next.restore(saved);
    const core::GenerateRequest restored = next.request();
    EXPECT_EQ(restored.interventions, std::vector{kept});
    EXPECT_EQ(restored.settings, saved.steer.settings);
    EXPECT_EQ(restored.topic, saved.steer.topic);
    EXPECT_EQ(restored.normalStart, saved.steer.normalStart);
    EXPECT_EQ(restored.steeredStart, saved.steer.steeredStart);
}

} // namespace
