// The studies beside the Steer page.
#include "tour.h"

#include "ui/steer/steer_page.h"
#include "ui/steer/sweep/steering_studies.h"
#include "ui/steer/sweep/sweep_panel.h"
#include "ui/steer/sweep/what_steers_panel.h"

#include <QDir>

namespace app {

namespace {

const QString kSteered = QStringLiteral("golden gate");

} // namespace

bool Tour::sweep()
{
    ui::SweepPanel* panel = m_window.steerPage()->studies()->showSweep();
    panel->run();
    if (!await(QStringLiteral("Steer: the sweep"),
            [&] { return panel->sweep() && !m_window.session()->isBusy(); }))
        return false;
    for (const char* ending : {".png", ".svg", ".csv"}) {
        const QString path
            = QDir(m_folder).filePath(QStringLiteral("sweep-export") + QLatin1String(ending));
        if (const auto saved = panel->save(path); !saved)
            return fail(QString::fromStdString(saved.error().message));
    }
    const bool isTaken = takePictures(QStringLiteral("sweep"), false, panel->window());
    panel->window()->close();
    return isTaken;
}

bool Tour::whatSteers()
{
    ui::WhatSteersPanel* panel = m_window.steerPage()->studies()->showWhatSteers(kSteered);
    if (!await(QStringLiteral("Steer: what steers to “%1”").arg(kSteered),
            [&] { return panel->answer() && !m_window.session()->isBusy(); }))
        return false;
    const bool isTaken = takePictures(QStringLiteral("what-steers"), false, panel->window());
    panel->window()->close();
    return isTaken;
}

} // namespace app
