// The switch that keeps steered text fluent.
#include "tests/ui/steer/steer_test.h"
#include "ui/shared/message_bar.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QSpinBox>
#include <QTest>

namespace {

class GuardTest : public tests::SteerTest {
protected:
    QCheckBox* guardSwitch() { return find<QCheckBox>("guardSwitch"); }
    double temperature() { return find<QDoubleSpinBox>("temperature")->value(); }
};

TEST_F(GuardTest, IsOnForWhoIsNewAndItsSwitchIsRemembered)
{
    ASSERT_TRUE(guardSwitch()->isChecked());
    write();
    EXPECT_EQ(asked().settings.guard, core::FluencyGuard()) << "as it was tuned";
    EXPECT_DOUBLE_EQ(asked().settings.temperature, 0.6);

    guardSwitch()->click();
    write();
    EXPECT_FALSE(asked().settings.guard) << "the pure clamp";
    ui::SteerPage next(&session, &selection, &settings);
    EXPECT_FALSE(next.request().settings.guard);
    EXPECT_DOUBLE_EQ(next.request().settings.temperature, 0.0);
}

TEST_F(GuardTest, NumbersReachTheEngineAndAreUndone)
{
    const core::FluencyGuard tuned;
    const int before = session.undoStack()->count();
    find<QDoubleSpinBox>("guardMean")->setValue(0.5);
    find<QDoubleSpinBox>("guardMean")->setValue(0.6);
    EXPECT_EQ(session.undoStack()->count(), before + 1) << "steps of one field are one";
    find<QDoubleSpinBox>("guardPeak")->setValue(9);
    find<QDoubleSpinBox>("guardSurprisal")->setValue(1.5);
    find<QSpinBox>("guardCandidates")->setValue(1);
    EXPECT_EQ(page.request().settings.guard, (core::FluencyGuard{0.6, 9.0, 1.5, 1}));
    find<QCheckBox>("guardWeakens")->click();
    EXPECT_EQ(page.request().settings.guard, (core::FluencyGuard{0.6, 9.0, 1.5, 1, 0}));
    session.undoStack()->undo();
    EXPECT_EQ(page.request().settings.guard, (core::FluencyGuard{0.6, 9.0, 1.5, 1}));
    session.undoStack()->undo();
    session.undoStack()->undo();
    EXPECT_EQ(page.request().settings.guard,
        (core::FluencyGuard{0.6, 9.0, std::nullopt, tuned.candidates}));
    guardSwitch()->click();
    EXPECT_FALSE(page.request().settings.guard);
    guardSwitch()->click();
    EXPECT_EQ(page.request().settings.guard->peakKl, 9.0) << "its numbers stay while it is off";
}

TEST_F(GuardTest, NumbersCanBeTyped)
{
    for (const char* name : {"guardMean", "temperature"}) {
        auto* field = find<QDoubleSpinBox>(name);
        field->setValue(0.2);
        field->selectAll();
        QTest::keyClicks(field, QStringLiteral("0.5"));
        QTest::keyClick(field, Qt::Key_Return);
        EXPECT_DOUBLE_EQ(field->value(), 0.5) << name;
    }
    auto* tokens = find<QSpinBox>("maxTokens");
    page.show();
    tokens->setFocus();
    tokens->selectAll();
    QTest::keyClicks(tokens, QStringLiteral("48"));
    write();
    EXPECT_EQ(asked().settings.maxTokens, 48) << "also before Enter";
    EXPECT_DOUBLE_EQ(page.request().settings.guard->meanKl, 0.5);
}

TEST_F(GuardTest, SwitchedOnItWarmsATemperatureThatNobodyChose)
{
    settings.setValue(ui::SettingKey::SteerGuard, false);
    ui::SteerPage cold(&session, &selection, &settings);
    auto* isOn = cold.findChild<QCheckBox*>(QStringLiteral("guardSwitch"));
    ASSERT_EQ(cold.request().settings.temperature, 0.0);
    isOn->click();
    EXPECT_DOUBLE_EQ(cold.request().settings.temperature, 0.6);
    EXPECT_TRUE(cold.findChild<ui::MessageBar*>()->text().contains(QStringLiteral("0.6")));
    session.undoStack()->undo();
    EXPECT_DOUBLE_EQ(cold.request().settings.temperature, 0.0);
    EXPECT_FALSE(isOn->isChecked()) << "one step";

    auto* chosen = cold.findChild<QDoubleSpinBox*>(QStringLiteral("temperature"));
    chosen->setValue(1.0);
    chosen->setValue(0.0);
    isOn->click();
    EXPECT_EQ(cold.request().settings.temperature, 0.0) << "somebody chose it";
}

} // namespace
