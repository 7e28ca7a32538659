#pragma once

#include "core/base/progress.h"

#include <vector>

#include <QLatin1String>
#include <QTimer>
#include <QWidget>

class QProgressBar;

namespace ui {

class Session;

/// "Patching: 120 of 340 passes"; without an end in sight only what is being done. Of work that has
/// not begun: "Waits for: Harvesting features of saes/layer_1, 43 %".
QString progressText(const core::Progress& progress);
/// The bar's range and value; busy without an end in sight, empty with the words while it waits.
void showProgress(QProgressBar* bar, const core::Progress& progress);

/// How far a job is, or what it waits for, in a line: a bar with the words in it. Shows nothing
/// while nothing runs, but keeps its place, so that nothing moves under the mouse; takes the room
/// there is and asks for little. Waits of a moment are not mentioned.
class JobProgress : public QWidget {
    Q_OBJECT
public:
    explicit JobProgress(const QString& accessibleName, QWidget* parent = nullptr);

    /// From now on shows the jobs with this tag, and with others that are followed.
    void follow(Session* session, QLatin1String tag);
    void setRunning(bool isRunning); ///< Starts anew, without an end in sight.
    void setProgress(const core::Progress& progress);
    QString text() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void showWords();
    void show(const core::Progress& progress);

    QProgressBar* m_bar;
    QString m_text;
    core::Progress m_wait; ///< Shown when the timer ends, unless the work begins before.
    QTimer m_waitDelay;
    bool m_isWaitShown = false;
    std::vector<QLatin1String> m_followed;
};

} // namespace ui
