// The studies with the real engine and the built-in model, which a scripted answer could flatter.
#include "app/gui/engine_loader.h"
#include "app/gui/main_window.h"
#include "tests/ui/support/engine_options.h"
#include "ui/features/features_page.h"
#include "ui/shared/notice.h"
#include "ui/steer/steer_page.h"
#include "ui/steer/sweep/steering_studies.h"
#include "ui/steer/sweep/sweep_panel.h"
#include "ui/steer/sweep/what_steers_panel.h"

#include <cmath>

#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace {

class RealSteeringTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        const core::Engine::Options options = tests::engineOptions(folder.path().toStdString());
        loader = std::make_unique<app::EngineLoader>(options);
        window = std::make_unique<app::MainWindow>(&settings);
        QObject::connect(window->session(), &ui::Session::errorOccurred, window.get(),
            [this](const QString&, const QString& message) { errors << message; });
        QObject::connect(loader.get(), &app::EngineLoader::loaded, window->session(),
            &ui::Session::attachEngine);
        loader->start();
        window->open(QStringLiteral("builtin"));
        window->resize(1440, 900);
        window->show();
        ASSERT_TRUE(await([this] { return window->session()->hasModel() && isIdle(); }));
        window->steerPage()->setPrompt(QStringLiteral("Q: What can I do in Boston?\nA:"));
    }
    bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor([&] { return !errors.isEmpty() || isDone(); }, 120'000)
            && errors.isEmpty();
    }
    bool isIdle() { return !window->session()->isBusy(); }
    std::string problem() const { return errors.join(QLatin1Char('\n')).toStdString(); }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    QStringList errors;
    std::unique_ptr<app::EngineLoader> loader;
    std::unique_ptr<app::MainWindow> window;
};

TEST_F(RealSteeringTest, FromASearchToFeaturesThatSteerToASweepToTheSteerPage)
{
    ui::SteerPage* page = window->steerPage();
    ui::WhatSteersPanel* found
        = page->studies()->showWhatSteers(QStringLiteral("golden gate bridge"));
    ASSERT_TRUE(await([&] { return found->answer() && isIdle(); })) << problem();
    ASSERT_GT(found->answer()->steering, 0);
    const core::SteeringCandidate best = found->answer()->ranked.front();
    EXPECT_TRUE(best.best.isWhole);
    EXPECT_GT(best.best.onTopic, found->answer()->normal.onTopic);
    found->findChild<QPushButton*>(QStringLiteral("steersTake"))->click();
    ASSERT_TRUE(await([&] { return isIdle(); })) << problem();
    ASSERT_EQ(page->interventions().size(), 1u);
    EXPECT_EQ(page->interventions()[0].feature, best.row.feature);
    EXPECT_EQ(page->interventions()[0].value, best.multiple);

    ui::SweepPanel* panel = page->studies()->showSweep();
    panel->findChild<QLineEdit*>(QStringLiteral("sweepStrengths"))
        ->setText(QStringLiteral("2, 10"));
    panel->findChild<QSpinBox*>(QStringLiteral("sweepTokens"))->setValue(24);
    panel->run();
    ASSERT_TRUE(await([&] { return panel->sweep() && isIdle(); })) << problem();
    const core::Sweep& sweep = *panel->sweep();
    ASSERT_EQ(sweep.cells.size(), 4u);
    for (const auto& row : sweep.cells)
        for (const core::SweepCell& cell : row)
            EXPECT_FALSE(cell.text.empty());
    // The guard charges no more than it was given, and without it nothing is charged.
    EXPECT_EQ(sweep.cells[0][1].spent, 0.0);
    EXPECT_GT(sweep.cells[1][1].spent, 0.0);
    const core::FluencyGuard guard = *sweep.request.rows[1].guard;
    EXPECT_LE(sweep.cells[1][1].spent,
        guard.meanKl * 24 + guard.peakKl + std::log(guard.candidates) + 1e-3);
    const QString said = panel->findChild<ui::Notice*>(QStringLiteral("sweepSummary"))->text();
    EXPECT_TRUE(said.contains(QStringLiteral("weet spot"))) << said.toStdString();
    panel->chooseCell(1, 1);
    QTest::keyClick(panel->findChild<QTableView*>(QStringLiteral("sweepGrid")), Qt::Key_Return);
    EXPECT_EQ(page->interventions()[0].value, 10.0);
    page->generate();
    ASSERT_TRUE(await([&] { return page->generation() && isIdle(); })) << problem();
    EXPECT_TRUE(page->generation()->request.settings.guard);
    EXPECT_FALSE(page->generation()->steered.text.empty());
}

TEST_F(RealSteeringTest, AStoppedSweepSaysNothingAndCanBeRunAgain)
{
    ui::SteerPage* page = window->steerPage();
    page->addFeature({"saes/layer_1", core::FeatureId(857)});
    ASSERT_TRUE(await([&] { return isIdle(); })) << problem();
    ui::SweepPanel* panel = page->studies()->showSweep();
    panel->findChild<QSpinBox*>(QStringLiteral("sweepTokens"))->setValue(120);
    panel->run();
    ASSERT_TRUE(await([&] { return window->session()->isBusy(QStringLiteral("sweep")); }));
    panel->findChild<QPushButton*>(QStringLiteral("sweepStop"))->click();
    ASSERT_TRUE(await([&] { return isIdle(); })) << problem();
    EXPECT_FALSE(panel->sweep());
    panel->findChild<QSpinBox*>(QStringLiteral("sweepTokens"))->setValue(8);
    panel->run();
    ASSERT_TRUE(await([&] { return panel->sweep() && isIdle(); })) << problem();
    // A prompt that leaves no room is one sentence, and the sweep that is shown stays.
    page->setPrompt(QStringLiteral("Boston ").repeated(2000));
    ASSERT_TRUE(await([&] { return isIdle(); })) << problem();
    panel->run();
    ASSERT_TRUE(QTest::qWaitFor([&] { return isIdle(); }, 120'000));
    EXPECT_TRUE(panel->sweep());
}

} // namespace
