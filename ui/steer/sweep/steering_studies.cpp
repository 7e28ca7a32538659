#include "ui/steer/sweep/steering_studies.h"

#include "ui/steer/sweep/study_window.h"
#include "ui/steer/sweep/sweep_panel.h"
#include "ui/steer/sweep/what_steers_panel.h"
#include "ui/style/text.h"

namespace ui {

SteeringStudies::SteeringStudies(Session* session, Settings* settings,
    std::function<core::GenerateRequest()> source, QWidget* page)
    : QObject(page)
    , m_session(session)
    , m_settings(settings)
    , m_source(std::move(source))
    , m_page(page)
{
}

QWidget* SteeringStudies::makeWindow(const QString& title, QWidget* panel)
{
    return new StudyWindow(title, panel, m_page);
}

void SteeringStudies::bringUp(QWidget* panel)
{
    panel->window()->show();
    panel->window()->raise();
    panel->window()->activateWindow();
}

SweepPanel* SteeringStudies::showSweep()
{
    if (!m_sweep) {
        m_sweep = new SweepPanel(m_session, m_settings);
        makeWindow(tr("Sweep"), m_sweep);
        connect(m_sweep, &SweepPanel::whatSteersRequested, this, [this] { showWhatSteers(); });
        connect(m_sweep, &SweepPanel::cellChosen, this,
            [this](const auto& interventions, const core::GenerateSettings& settings) {
                m_sweep->window()->close();
                Q_EMIT taken(tr("take a cell of the sweep"), interventions, settings);
            });
    }
    refresh();
    bringUp(m_sweep);
    return m_sweep;
}

WhatSteersPanel* SteeringStudies::showWhatSteers(const QString& words)
{
    if (!m_whatSteers) {
        m_whatSteers = new WhatSteersPanel(m_session, m_settings);
        makeWindow(tr("What steers?"), m_whatSteers);
        connect(m_whatSteers, &WhatSteersPanel::chosen, this,
            [this](const auto& interventions, const core::GenerateSettings& settings) {
                m_whatSteers->window()->close();
                Q_EMIT taken(tr("steer with what was found"), interventions, settings);
            });
    }
    refresh();
    bringUp(m_whatSteers);
    if (!words.trimmed().isEmpty()) {
        m_whatSteers->setConcept(words);
        m_whatSteers->run();
    }
    return m_whatSteers;
}

void SteeringStudies::refresh()
{
    if (!m_sweep && !m_whatSteers)
        return;
    const core::GenerateRequest source = m_source();
    if (m_sweep)
        m_sweep->setSource(source);
    if (m_whatSteers)
        m_whatSteers->setPrompt(toQString(source.prompt), source.isChat);
}

} // namespace ui
