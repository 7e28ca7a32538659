// The Train page with the real window, engine and a small model: from text that it writes itself to
// a dictionary that the other pages use.
#include "app/gui/engine_loader.h"
#include "app/gui/main_window.h"
#include "tests/support/fixtures.h"
#include "tests/ui/support/engine_options.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/models/open_model_dialog.h"
#include "ui/models/opener.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/steer_page.h"
#include "ui/style/theme.h"
#include "ui/train/earlier_runs.h"
#include "ui/train/train_page.h"
#include "ui/train/training_charts.h"
#include "ui/train/training_form.h"
#include "ui/train/training_job.h"

#include <QApplication>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace {

using State = ui::TrainingJob::State;

class RealTrainingTest : public ::testing::Test {
protected:
    void start()
    {
        errors.clear();
        loader = std::make_unique<app::EngineLoader>(
            tests::engineOptions(folder.path().toStdString()));
        window = std::make_unique<app::MainWindow>(&settings);
        QObject::connect(window->session(), &ui::Session::errorOccurred, window.get(),
            [this](const QString&, const QString& message) { errors << message; });
        QObject::connect(loader.get(), &app::EngineLoader::loaded, window->session(),
            &ui::Session::attachEngine);
        loader->start();
        window->resize(1440, 900);
        window->show();
        window->open(QString::fromStdString(tests::sharedFixture("stories260K").string()));
        // The first time it is asked how.
        ASSERT_TRUE(await([this] {
            if (auto* dialog = window->findChild<ui::OpenModelDialog*>();
                dialog && dialog->isVisible())
                dialog->findChild<QPushButton*>(QStringLiteral("openButton"))->click();
            return window->session()->hasModel() && !window->session()->isBusy();
        })) << problem();
        page = window->trainPage();
        window->showPage(app::MainWindow::Page::Train);
    }
    void setUpSmall()
    {
        page->form()->choosePreset(ui::TrainingPreset::FirstLook);
        find<QSpinBox>("train_tokens")->setValue(500'000);
        find<QSpinBox>("train_text_tokens")->setValue(8'000);
        find<QSpinBox>("train_batch")->setValue(512);
        ASSERT_TRUE(await([this] {
            return find<QPushButton>("trainStart")->isEnabled()
                && !page->form()->estimateText().isEmpty();
        })) << problem()
            << page->form()->problem().toStdString();
    }
    void click(const char* name) { QTest::mouseClick(find<QPushButton>(name), Qt::LeftButton); }
    template <typename T> T* find(const char* name)
    {
        return page->findChild<T*>(QLatin1String(name));
    }
    bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor([&] { return !errors.isEmpty() || isDone(); }, 120'000)
            && errors.isEmpty();
    }
    std::string problem() const { return errors.join(QLatin1Char('\n')).toStdString(); }
    void pictures(const QString& name)
    {
        const QString to = qEnvironmentVariable("FEATURESCOPE_PICTURES");
        if (to.isEmpty())
            return;
        for (const QSize size : {QSize(1000, 680), QSize(1440, 900)})
            for (const bool isDark : {false, true}) {
                window->resize(size);
                ui::applyTheme(*qApp, isDark ? ui::Theme::Dark : ui::Theme::Light);
                for (int i = 0; i < 4; ++i)
                    QApplication::processEvents();
                window->grab().save(QDir(to).filePath(QStringLiteral("%1-%2-%3.png")
                                                          .arg(name)
                                                          .arg(size.width())
                                                          .arg(isDark ? 1 : 0)));
            }
        ui::applyTheme(*qApp, ui::Theme::Light);
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    QStringList errors;
    std::unique_ptr<app::EngineLoader> loader;
    std::unique_ptr<app::MainWindow> window;
    ui::TrainPage* page = nullptr;
};

TEST_F(RealTrainingTest, FromNoDictionaryToFeaturesThatSteer)
{
    REQUIRE_SHARED_FIXTURE("stories260K");
    start();
    ASSERT_TRUE(window->session()->state().dictionaries.empty());
    pictures(QStringLiteral("train-empty"));
    setUpSmall();
    EXPECT_TRUE(page->form()->estimateText().contains(QStringLiteral("of memory")));
    pictures(QStringLiteral("train-set-up"));
    click("trainStart");
    ASSERT_TRUE(await([this] { return page->job()->latest().step > 20; })) << problem();
    pictures(QStringLiteral("train-running"));

    // Nothing waits for it.
    window->promptPage()->setPrompt(QStringLiteral("Once upon a time"));
    ASSERT_TRUE(await([this] { return window->promptPage()->analysis() != nullptr; })) << problem();
    EXPECT_EQ(page->job()->state(), State::Running);

    click("trainPause");
    ASSERT_TRUE(await([this] { return page->job()->state() == State::Paused; })) << problem();
    const core::TrainMetrics paused = page->job()->latest();
    EXPECT_GT(paused.step, 0);
    EXPECT_LT(paused.step, paused.totalSteps);
    click("trainPause");
    ASSERT_TRUE(await([this] { return page->job()->state() == State::Done; })) << problem();
    pictures(QStringLiteral("train-done"));
    find<QTabWidget>("trainTabs")->setCurrentIndex(1);
    ASSERT_TRUE(await([this] { // its list is read anew by itself
        const auto& runs = page->runs()->runs();
        return runs.size() == 1 && runs[0].isDone;
    })) << problem();
    pictures(QStringLiteral("train-runs"));
    const std::vector<core::TrainMetrics>& rows = page->job()->rows();
    EXPECT_EQ(rows.back().step, rows.back().totalSteps);
    EXPECT_LT(rows.back().fvu, 0.5 * rows.front().fvu); // it has learned
    ASSERT_EQ(page->charts()->curves().size(), 1u);

    click("trainOpen"); // and harvest, as the box beside it says
    ASSERT_TRUE(await([this] {
        return window->currentPage() == app::MainWindow::Page::Features
            && !window->session()->isBusy() && window->featuresPage()->model()->rowCount() > 0;
    })) << problem();
    ASSERT_EQ(window->session()->state().dictionaries.size(), 1u);
    const core::DictionaryInfo info = window->session()->state().dictionaries[0];
    EXPECT_EQ(info.name, "batchtopk-1/layer_" + std::to_string(info.layer.value));
    EXPECT_TRUE(info.isHarvested);
    EXPECT_GT(info.aliveFeatures, 0);
    EXPECT_EQ(window->featuresPage()->query().dictionaries, std::vector<std::string>{info.name});

    // Its strongest feature steers.
    window->featuresPage()->chooseRow(0);
    ASSERT_TRUE(await([this] {
        return window->selection()->feature() && !window->session()->isBusy();
    })) << problem();
    window->steer(*window->selection()->feature());
    ui::SteerPage* steer = window->steerPage();
    steer->setPrompt(QStringLiteral("Once upon a time"));
    ASSERT_TRUE(await([this] { return !window->session()->isBusy(); })) << problem();
    steer->generate();
    ASSERT_TRUE(await([&] { return steer->generation() && !window->session()->isBusy(); }))
        << problem();
    EXPECT_NE(steer->generation()->steered.text, steer->generation()->normal.text);
}

TEST_F(RealTrainingTest, ClosingTheWindowPausesItAndTheNextStartGoesOn)
{
    REQUIRE_SHARED_FIXTURE("stories260K");
    start();
    setUpSmall();
    click("trainStart");
    ASSERT_TRUE(await([this] { return page->job()->latest().step > 20; })) << problem();
    window->close();
    window.reset(); // joins the engine, which saves first

    start();
    auto* offer = find<QLabel>("trainOfferText");
    ASSERT_TRUE(await([&] { return offer->isVisible(); })) << problem();
    pictures(QStringLiteral("train-offer"));
    click("trainOfferAccept");
    // The steps before the end of the program are there, the others are made.
    ASSERT_FALSE(page->job()->rows().empty());
    const std::int64_t before = page->job()->latest().step;
    EXPECT_GT(before, 20);
    ASSERT_TRUE(await([this] { return page->job()->state() == State::Done; })) << problem();
    const auto& rows = page->job()->rows();
    std::int64_t expected = 0;
    for (const core::TrainMetrics& row : rows)
        EXPECT_EQ(row.step, ++expected); // few steps: each is kept, once
    EXPECT_EQ(expected, rows.back().totalSteps);
}

} // namespace
