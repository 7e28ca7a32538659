#include "ui/steer/steer_page.h"

#include "core/api/feature_rows.h"
#include "core/api/generate.h"
#include "core/api/sweet_spot.h"
#include "tests/ui/support/ui_test.h"
#include "ui/shared/message_bar.h"
#include "ui/steer/intervention_row.h"

#include <QDoubleSpinBox>
#include <QTemporaryDir>
#include <QToolButton>

namespace {

class SteerPageTest : public tests::UiTest {
protected:
    void SetUp() override
    {
        openSample();
        page.addFeature({"saes/layer_2", core::FeatureId(10)});
        ASSERT_TRUE(await([this] { return !session.isBusy(); }));
    }
    core::Intervention clamp(double value)
    {
        core::Intervention changed = page.interventions().front();
        changed.value = value;
        return changed;
    }
    /// What the engine would read now.
    static std::vector<core::Intervention> live(const core::GenerateRequest& request)
    {
        return request.live->get().second;
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::SteerPage page{&session, &selection, &settings};
};

TEST_F(SteerPageTest, AChangeMadeWhileTheGenerationWaitsIsNotLost)
{
    auto& generated = engine->script<core::GenerateRequest>();
    engine->hold();
    page.generate();
    ASSERT_EQ(generated.calls.size(), 1u);
    const core::GenerateRequest waiting = generated.calls[0];
    ASSERT_TRUE(waiting.live);
    EXPECT_EQ(live(waiting), waiting.interventions);
    page.row(0)->findChild<QDoubleSpinBox*>()->setValue(7.5);
    ASSERT_EQ(live(waiting).size(), 1u);
    EXPECT_DOUBLE_EQ(live(waiting)[0].value, 7.5);
    session.undoStack()->undo();
    EXPECT_EQ(live(waiting), waiting.interventions);

    // A newer generation has a list of its own.
    page.generate();
    ASSERT_EQ(generated.calls.size(), 2u);
    page.row(0)->findChild<QDoubleSpinBox*>()->setValue(2.0);
    EXPECT_DOUBLE_EQ(live(generated.calls[1])[0].value, 2.0);
    EXPECT_EQ(live(waiting), waiting.interventions);
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return page.generation() && !session.isBusy(); }));
}

TEST_F(SteerPageTest, MovesOfOneSliderAreOneStepOfUndo)
{
    const int before = session.undoStack()->count();
    for (const double value : {2.0, 3.0, 4.0})
        Q_EMIT page.row(0)->changed(clamp(value), true);
    EXPECT_EQ(session.undoStack()->count(), before + 1);
    EXPECT_DOUBLE_EQ(page.interventions()[0].value, 4.0);
    session.undoStack()->undo();
    EXPECT_DOUBLE_EQ(page.interventions()[0].value, 1.0);
}

TEST_F(SteerPageTest, ADoubleClickOnRemoveTakesOneChange)
{
    page.addFeature({"saes/layer_2", core::FeatureId(11)});
    ASSERT_TRUE(await([this] { return !session.isBusy(); }));
    ASSERT_EQ(page.interventions().size(), 2u);
    QToolButton* remove = nullptr;
    for (auto* button : page.row(0)->findChildren<QToolButton*>()) {
        if (button->accessibleName() == QStringLiteral("Remove"))
            remove = button;
    }
    ASSERT_TRUE(remove);
    // Both before the event loop clears the row away.
    remove->click();
    remove->click();
    ASSERT_EQ(page.interventions().size(), 1u);
    EXPECT_EQ(page.interventions()[0].feature.feature, core::FeatureId(11));
}

TEST_F(SteerPageTest, ASweetSpotIsTakenOver)
{
    Q_EMIT page.row(0)->sweetSpotRequested();
    ASSERT_TRUE(await([this] { return page.interventions()[0].value == 4.0; }));
    EXPECT_EQ(
        engine->script<core::SweetSpotRequest>().calls[0].feature, page.interventions()[0].feature);
    EXPECT_TRUE(page.interventions()[0].isMultipleOfMax);
}

TEST_F(SteerPageTest, AFailureIsShownInItsBar)
{
    engine->script<core::GenerateRequest>().failWith("The prompt is empty. Type one.");
    page.generate();
    auto* bar = page.findChild<ui::MessageBar*>();
    ASSERT_TRUE(await([&] { return !bar->text().isEmpty(); }));
    EXPECT_EQ(bar->text(), QStringLiteral("The prompt is empty. Type one."));
}

} // namespace
