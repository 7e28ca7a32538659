// The Train page with the real window, engine and a small model: from text that it writes itself to
// a dictionary that the other pages use.
#include "app/gui/engine_loader.h"
#include "app/gui/main_window.h"
#include "core/api/generate.h"
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
#include "ui/train/feature_peek_view.h"
#include "ui/train/front_chart.h"
#include "ui/train/train_page.h"
#include "ui/train/training_charts.h"
#include "ui/train/training_form.h"
#include "ui/train/training_job.h"

#include <algorithm>
#include <map>
#include <string>

#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
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
    find<QSpinBox>("train_tokens")->setValue(1'500'000); // long enough to look at it
    ASSERT_TRUE(await([this] { return !page->form()->estimateText().isEmpty(); })) << problem();
    EXPECT_TRUE(page->form()->estimateText().contains(QStringLiteral("of memory")));
    pictures(QStringLiteral("train-set-up"));
    click("trainStart");
    ASSERT_TRUE(await([this] { return page->job()->latest().step > 20; })) << problem();
    const auto measured = [this] {
        const auto& rows = page->job()->rows();
        return std::find_if(rows.rbegin(), rows.rend(),
            [](const core::TrainMetrics& row) { return row.measured != nullptr; });
    };
    ASSERT_TRUE(await([&] { return measured() != page->job()->rows().rend(); })) << problem();
    EXPECT_GT(measured()->measured->heldOutTokens, 100);
    for (int group = 0; group < ui::kChartGroups; ++group) {
        page->charts()->showGroup(static_cast<ui::ChartGroup>(group));
        pictures(QStringLiteral("train-running-%1").arg(group));
    }
    page->charts()->showGroup(ui::ChartGroup::Peek); // drawn a moment after it is measured
    EXPECT_TRUE(await([this] { return find<ui::FeaturePeekView>("trainPeek")->features() > 3; }))
        << find<ui::FeaturePeekView>("trainPeek")->text().toStdString();
    page->charts()->showGroup(ui::ChartGroup::Overview);

    // Nothing waits for it: neither a prompt nor text that is written.
    ASSERT_EQ(page->job()->state(), State::Running);
    core::GenerateRequest write;
    write.prompt = "Once upon a time";
    write.settings.maxTokens = 20;
    std::string written;
    window->session()->ask(
        window.get(), write,
        [&](const std::shared_ptr<const core::Generation>& text) { written = text->normal.text; },
        [this](const core::Error& error) { errors << QString::fromStdString(error.message); });
    ASSERT_TRUE(await([&] { return !written.empty(); })) << problem();
    EXPECT_EQ(page->job()->state(), State::Running);
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
    ASSERT_TRUE(rows.back().measured); // also what it does not learn from
    EXPECT_LT(rows.back().measured->fvu, 0.5);
    EXPECT_GT(rows.back().measured->ceScore, 0.5);
    ASSERT_EQ(page->charts()->curves().size(), 1u);

    click("trainOpen"); // and harvest, as the box beside it says
    ASSERT_TRUE(await([this] {
        return window->currentPage() == app::MainWindow::Page::Features
            && !window->session()->isBusy() && window->featuresPage()->model()->rowCount() > 0;
    })) << problem();
    ASSERT_EQ(window->session()->state().dictionaries.size(), 1u);
    const core::DictionaryInfo info = window->session()->state().dictionaries[0];
    EXPECT_EQ(info.name, "matryoshka-1/layer_" + std::to_string(info.layer.value));
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

TEST_F(RealTrainingTest, ASweepTrainsSeveralFromOnePassAndShowsTheirFront)
{
    REQUIRE_SHARED_FIXTURE("stories260K");
    start();
    setUpSmall();
    auto* field = find<QComboBox>("trainSweepField");
    field->setCurrentIndex(field->findData(QStringLiteral("k")));
    find<QLineEdit>("trainSweepValues")->setText(QStringLiteral("2, 8, 32"));
    find<QSpinBox>("train_tokens")->setValue(100'000);
    find<QDoubleSpinBox>("train_held_out")->setValue(20.0);
    ASSERT_TRUE(await([this] { return find<QPushButton>("trainStart")->isEnabled(); }))
        << problem() << page->form()->problem().toStdString();
    click("trainStart");
    ASSERT_TRUE(await([this] { return page->job()->state() == State::Done; })) << problem();
    ASSERT_EQ(page->job()->dictionaries().size(), 3u);
    page->charts()->showGroup(ui::ChartGroup::Front);
    pictures(QStringLiteral("train-front"));
    EXPECT_EQ(find<ui::FrontChart>("frontFvu")->points(), 3);
    // The more features may fire, the better it is rebuilt.
    std::map<double, double> front;
    for (const ui::Curve& curve : page->charts()->curves()) {
        const core::TrainMetrics* last = ui::lastMeasured(curve);
        ASSERT_TRUE(last);
        front[last->measured->l0] = last->measured->fvu;
    }
    ASSERT_EQ(front.size(), 3u);
    double before = 1.0;
    for (const auto& [l0, fvu] : front) {
        EXPECT_LT(fvu, before) << l0;
        before = fvu;
    }
    click("trainOpen");
    ASSERT_TRUE(await([this] {
        return window->currentPage() == app::MainWindow::Page::Features
            && !window->session()->isBusy();
    })) << problem();
    EXPECT_EQ(window->session()->state().dictionaries.size(), 3u);
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
    std::int64_t last = 0;
    for (const core::TrainMetrics& row : rows) { // each that is kept stands once
        EXPECT_GT(row.step, last);
        EXPECT_LE(row.step - last, 2);
        last = row.step;
    }
    EXPECT_EQ(last, rows.back().totalSteps);
}

} // namespace
