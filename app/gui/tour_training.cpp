// A dictionary that learns while the pictures are taken.
#include "tour.h"

#include "ui/train/train_page.h"
#include "ui/train/training_charts.h"
#include "ui/train/training_form.h"
#include "ui/train/training_job.h"

#include <utility>

#include <QDir>
#include <QPushButton>

namespace app {

namespace {
constexpr std::int64_t kTourText = 20'000, kTourTokens = 400'000;
}

bool Tour::training()
{
    m_window.showPage(MainWindow::Page::Train);
    ui::TrainPage* page = m_window.trainPage();
    page->form()->choosePreset(ui::TrainingPreset::FirstLook);
    ui::TrainingPlan plan = page->form()->plan().value_or(ui::TrainingPlan());
    plan.settings.tokens = kTourTokens;
    plan.text.tokens = kTourText;
    page->form()->setPlan(plan);
    if (!await(QStringLiteral("Train: the estimate"),
            [&] { return !page->form()->estimateText().isEmpty(); })
        || !takePictures(QStringLiteral("train-set-up")))
        return false;
    page->findChild<QPushButton*>(QStringLiteral("trainStart"))->click();
    const auto isHalf = [&] {
        const core::TrainMetrics& latest = page->job()->latest();
        return latest.step > 0 && 2 * latest.step >= latest.totalSteps;
    };
    if (!await(QStringLiteral("Train: half of the training"), isHalf)
        || !takePictures(QStringLiteral("train")))
        return false;
    const std::pair<ui::ChartGroup, QString> views[]{
        {ui::ChartGroup::HeldOut, QStringLiteral("train-held-out")},
        {ui::ChartGroup::Features, QStringLiteral("train-features")},
        {ui::ChartGroup::Steps, QStringLiteral("train-steps")},
        {ui::ChartGroup::Front, QStringLiteral("train-front")},
        {ui::ChartGroup::Peek, QStringLiteral("train-peek")}};
    for (const auto& [group, name] : views) {
        page->charts()->showGroup(group);
        if (!takePictures(name))
            return false;
    }
    page->charts()->showGroup(ui::ChartGroup::Overview);
    if (!await(QStringLiteral("Train: its end"),
            [&] { return page->job()->state() == ui::TrainingJob::State::Done; })
        || !takePictures(QStringLiteral("train-done")))
        return false;
    for (const char* ending : {".png", ".svg", ".csv"}) {
        const QString path
            = QDir(m_folder).filePath(QStringLiteral("train-export") + QLatin1String(ending));
        if (const auto saved = page->charts()->save(path); !saved)
            return fail(QString::fromStdString(saved.error().message));
    }
    return true;
}

} // namespace app
