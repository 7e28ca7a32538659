#include "ui/steer/steer_page.h"

#include "core/api/feature_rows.h"
#include "core/api/generate.h"
#include "core/api/steering_files.h"
#include "core/api/sweet_spot.h"
#include "tests/ui/support/ui_test.h"
#include "ui/shared/message_bar.h"
#include "ui/steer/intervention_row.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
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

TEST_F(SteerPageTest, TheSliderIsAsLongAsItsRowAndTheNameIsWhole)
{
    page.resize(900, 800);
    page.show();
    ui::InterventionRow* row = page.row(0);
    ASSERT_TRUE(await([&] { return row->isVisible() && row->width() > 0; }));
    QApplication::processEvents();
    EXPECT_GT(row->findChild<QSlider*>()->width(), row->width() * 0.6);
    // Nothing of the row lies beyond what is shown of it.
    ASSERT_TRUE(await([&] { return row->visibleRegion().boundingRect() == row->rect(); }));
    const auto labels = row->findChildren<QLabel*>();
    ASSERT_FALSE(labels.isEmpty());
    for (const QLabel* label : labels) {
        if (label->isVisible() && label->wordWrap()) {
            EXPECT_GE(label->height(), label->heightForWidth(label->width()));
        }
    }
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

/// `--intervene INDEX:MODE` on the command line knows these (app/cli/intervention_spec.cpp).
TEST_F(SteerPageTest, EveryModeOfTheCommandLineCanBeChosen)
{
    auto* modes = page.row(0)->findChild<QComboBox*>();
    for (int mode = 0; mode <= static_cast<int>(core::InterventionMode::Cap); ++mode) {
        const int at = modes->findData(mode);
        ASSERT_GE(at, 0) << mode;
        modes->setCurrentIndex(at);
        Q_EMIT modes->activated(at);
        EXPECT_EQ(page.interventions()[0].mode, static_cast<core::InterventionMode>(mode));
        page.row(0)->setIntervention(page.interventions()[0]);
        EXPECT_EQ(modes->currentData().toInt(), mode) << "shown as it is";
    }
    page.generate();
    EXPECT_EQ(engine->script<core::GenerateRequest>().calls.back().interventions[0].mode,
        core::InterventionMode::Cap);
}

TEST_F(SteerPageTest, TheFrequencyPenaltyReachesTheEngineAndIsUndone)
{
    auto* penalty = find<QDoubleSpinBox>(page, "frequencyPenalty");
    ASSERT_NE(penalty, nullptr);
    const int before = session.undoStack()->count();
    penalty->setValue(0.4);
    penalty->setValue(0.6);
    EXPECT_EQ(session.undoStack()->count(), before + 1) << "steps of one field are one";
    page.generate();
    EXPECT_EQ(engine->script<core::GenerateRequest>().calls.back().settings.frequencyPenalty, 0.6);
    session.undoStack()->undo();
    EXPECT_EQ(penalty->value(), 0.0);
    session.undoStack()->redo();
    EXPECT_EQ(penalty->value(), 0.6);
}

TEST_F(SteerPageTest, CopyAndSavedExperimentCarryEverySetting)
{
    find<QDoubleSpinBox>(page, "frequencyPenalty")->setValue(0.6);
    core::Intervention changed = clamp(2.5);
    changed.mode = core::InterventionMode::Orthogonal;
    changed.positions = core::PositionRange::from(core::Position(3));
    changed.isEnabled = false;
    Q_EMIT page.row(0)->changed(changed, false);
    for (auto* button : page.findChildren<QPushButton*>())
        if (button->text() == QStringLiteral("&Copy"))
            button->click();
    const QString copied = QGuiApplication::clipboard()->text();
    for (const char* part :
        {"orthogonal 2.5", "positions 3-", "off", "max tokens 60", "temperature 0.6", "top k 0",
            "top p 1", "repetition penalty 1", "frequency penalty 0.6", "seed 0",
            "stay fluent: ", " nats per token, at once ", " candidates"})
        EXPECT_TRUE(copied.contains(QLatin1String(part))) << part << " in\n"
                                                          << copied.toStdString();
    page.saveExperiment(QStringLiteral("/tmp/steering.json"));
    const auto& saved = calls<core::SaveSteeringRequest>();
    ASSERT_EQ(saved.size(), 1u);
    EXPECT_EQ(saved[0].model, session.state().model.name);
    EXPECT_EQ(saved[0].steer.settings, page.request().settings);
    EXPECT_EQ(saved[0].steer.interventions, std::vector{changed});
}

TEST_F(SteerPageTest, AnOpenedExperimentIsOneStepOfUndo)
{
    engine->script<core::ReadSteeringRequest>().answer = [](const core::ReadSteeringRequest&) {
        core::SteeringFile file;
        file.model = tests::sampleState().model.name;
        file.steer.prompt = "read";
        file.steer.settings.frequencyPenalty = 0.7;
        core::Intervention cap;
        cap.feature = {"saes/layer_0", core::FeatureId(1)};
        cap.mode = core::InterventionMode::Cap;
        file.steer.interventions = {cap, cap};
        file.steer.interventions[1].feature.feature = core::FeatureId(2);
        return file;
    };
    page.openExperiment(QStringLiteral("/tmp/steering.json"));
    ASSERT_TRUE(await([this] { return page.interventions().size() == 2; }));
    EXPECT_EQ(page.prompt(), QStringLiteral("read"));
    EXPECT_EQ(page.request().settings.frequencyPenalty, 0.7);
    EXPECT_EQ(page.interventions()[0].mode, core::InterventionMode::Cap);
    session.undoStack()->undo();
    ASSERT_EQ(page.interventions().size(), 1u);
    EXPECT_EQ(page.request().settings.frequencyPenalty, 0.0);
}

} // namespace
