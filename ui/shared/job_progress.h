#pragma once

#include "core/base/progress.h"

#include <vector>

#include <QLatin1String>
#include <QWidget>

class QProgressBar;

namespace ui {

class Session;

/// "Patching: 120 of 340 passes"; without an end in sight only what is being done.
QString progressText(const core::Progress& progress);
/// The bar's range and value; busy without an end in sight.
void showProgress(QProgressBar* bar, const core::Progress& progress);

/// How far a job is, in a line: a bar with what is being done in it. Hidden while nothing runs;
/// takes the room there is and asks for little.
class JobProgress : public QWidget {
    Q_OBJECT
public:
    explicit JobProgress(const QString& accessibleName, QWidget* parent = nullptr);

    /// From now on shows the jobs with this tag, and with others that are followed.
    void follow(Session* session, QLatin1String tag);
    void setRunning(bool isRunning); ///< Starts anew, without an end in sight.
    void setProgress(const core::Progress& progress);
    QString text() const;

private:
    QProgressBar* m_bar;
    QString m_text;
    std::vector<QLatin1String> m_followed;
};

} // namespace ui
