#pragma once

#include "ui/session/session.h"

#include <QStatusBar>
#include <QTimer>

class QLabel;
class QProgressBar;
class QToolButton;

namespace app {

/// Model, device and memory at the left; what runs now, how far it is, how much waits behind it and
/// a way to stop it at the right.
class StatusLine : public QStatusBar {
    Q_OBJECT
public:
    explicit StatusLine(ui::Session* session, QWidget* parent = nullptr);

private:
    void refresh();
    void refreshMemory();
    void busyChanged(const QString& tag, bool isBusy);
    void showProgress(const QString& tag, const core::Progress& progress);
    void showWhat();

    ui::Session* m_session;
    QLabel* m_model;
    QLabel* m_memory;
    QLabel* m_what;
    QProgressBar* m_progress;
    QToolButton* m_cancel;
    QStringList m_running;
    QStringList m_waiting; ///< Of those: behind others.
    core::Progress m_said; ///< By what works.
    QTimer m_showDelay; ///< Short work does not flicker.
    QTimer m_memoryTimer; ///< Runs only while something works: an idle window uses no CPU.
};

} // namespace app
