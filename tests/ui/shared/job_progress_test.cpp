// A job says how far it is, and what it waits for where it waits.
#include "ui/shared/job_progress.h"

#include "app/gui/status_line.h"
#include "core/api/analyze.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "tests/ui/support/ui_test.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/steer_page.h"

#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTemporaryDir>
#include <QVBoxLayout>

namespace {

const core::Progress kHarvest{"Harvesting features of saes/layer_1", 43, 100, "batches", true};
const QString kWaits = QStringLiteral("Waits for: Harvesting features of saes/layer_1, 43 %");

class JobProgressTest : public tests::UiTest {
protected:
    static bool shows(const QWidget& page, const QString& words)
    {
        const auto all = page.findChildren<ui::JobProgress*>();
        return std::any_of(all.begin(), all.end(),
            [&](ui::JobProgress* one) { return one->isVisible() && one->text() == words; });
    }
};

TEST_F(JobProgressTest, AnAnalysisThatWaitsSaysWhatForUntilItBegins)
{
    openSample();
    ui::PromptPage page(&session, &selection);
    page.resize(1000, 700);
    page.show();
    engine->hold();
    QTest::keyClicks(find<QPlainTextEdit>(page, "promptText"), QStringLiteral("a"));
    QTest::mouseClick(find<QPushButton>(page, "analyzeButton"), Qt::LeftButton);
    engine->progress("analyze", kHarvest);
    EXPECT_TRUE(await([&] { return shows(page, kWaits); }));
    engine->progress("analyze", {}); // it begins
    EXPECT_TRUE(await([&] { return shows(page, {}); }));
    engine->releaseAll();
    EXPECT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_FALSE(shows(page, {})); // nothing runs, nothing shows
}

TEST_F(JobProgressTest, AGenerationThatWaitsSaysWhatFor)
{
    openSample();
    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::SteerPage page(&session, &selection, &settings);
    page.resize(1000, 700);
    page.show();
    engine->hold();
    page.generate();
    engine->progress("generate", kHarvest);
    EXPECT_TRUE(await([&] { return shows(page, kWaits); }));
    engine->progress("generate", {"Writing", 3, 60, "tokens"});
    EXPECT_TRUE(await([&] { return shows(page, QStringLiteral("Writing: 3 of 60 tokens")); }));
    engine->releaseAll();
    EXPECT_TRUE(await([&] { return !session.isBusy(); }));
}

TEST_F(JobProgressTest, TheBarKeepsItsPlaceAndItsPercentSign)
{
    QWidget page;
    auto* column = new QVBoxLayout(&page);
    auto* progress = new ui::JobProgress(QStringLiteral("Progress"), &page);
    auto* below = new QLabel(QStringLiteral("below"), &page);
    column->addWidget(progress);
    column->addWidget(below);
    page.resize(700, 100);
    page.show();
    const QRect before = below->geometry();
    progress->setRunning(true);
    progress->setProgress(kHarvest);
    ASSERT_TRUE(await([&] { return progress->text() == kWaits; }));
    settle();
    EXPECT_EQ(below->geometry(), before);
    const auto* bar = progress->findChild<QProgressBar*>();
    EXPECT_EQ(bar->text(), kWaits);
    EXPECT_EQ(bar->value(), 0); // how far another's work is is not how far this is
    progress->setRunning(false);
    settle();
    EXPECT_EQ(below->geometry(), before);
}

TEST_F(JobProgressTest, TheStatusLineShowsWhatRunsAndHowManyWait)
{
    app::StatusLine line(&session);
    line.show();
    openSample();
    engine->hold();
    session.harvest({});
    QObject asker;
    session.ask(&asker, core::GenerateRequest{}, [](const auto&) {});
    core::Progress runs = kHarvest;
    runs.isWaiting = false;
    engine->progress("harvest", runs);
    engine->progress("generate", kHarvest);
    const auto* what = line.findChild<QLabel*>(QStringLiteral("statusWhat"));
    const QString running
        = QStringLiteral("Harvesting features of saes/layer_1: 43 of 100 batches");
    EXPECT_TRUE(await([&] { return what->text() == running + QStringLiteral(" · waiting: 1"); }));
    engine->progress("generate", {});
    EXPECT_TRUE(await([&] { return what->text() == running; }));
    engine->releaseAll();
    EXPECT_TRUE(await([&] { return !session.isBusy() && what->text().isEmpty(); }));
}

} // namespace
