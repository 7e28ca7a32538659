#pragma once

#include "core/api/generate.h"
#include "ui/session/session.h"

#include <functional>
#include <vector>

#include <QObject>
#include <QPointer>
#include <QString>
#include <QWidget>

namespace ui {

class Settings;
class SweepPanel;
class WhatSteersPanel;

/// The two studies that lead to a good steering, each in a window of its own beside the Steer page,
/// so that the page stays in use while they run: the sweep, and *What steers?*. Windows are made
/// when they are first asked for, and keep what they found when they are closed.
class SteeringStudies : public QObject {
    Q_OBJECT
public:
    /// `source` says what the page would generate now.
    SteeringStudies(Session* session, Settings* settings,
        std::function<core::GenerateRequest()> source, QWidget* page);

    SweepPanel* showSweep();
    /// With words it also runs.
    WhatSteersPanel* showWhatSteers(const QString& words = {});
    void refresh(); ///< The page changed.

Q_SIGNALS:
    /// A person chose these changes and settings for the page; `what` names the step of undo.
    void taken(const QString& what, const std::vector<core::Intervention>& interventions,
        const core::GenerateSettings& settings);

private:
    QWidget* makeWindow(const QString& title, QWidget* panel);
    static void bringUp(QWidget* panel);

    Session* m_session;
    Settings* m_settings;
    std::function<core::GenerateRequest()> m_source;
    QWidget* m_page;
    SweepPanel* m_sweep = nullptr;
    WhatSteersPanel* m_whatSteers = nullptr;
};

} // namespace ui
