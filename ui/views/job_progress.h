#pragma once

#include "core/base/progress.h"

#include <QWidget>

class QLabel;
class QProgressBar;

namespace ui {

/// How far a job is, in a line: a bar and what is being done. Hidden while nothing runs.
class JobProgress : public QWidget {
    Q_OBJECT
public:
    explicit JobProgress(const QString& accessibleName, QWidget* parent = nullptr);

    void setRunning(bool isRunning); ///< Starts anew, without an end in sight.
    void setProgress(const core::Progress& progress);
    QString text() const;

private:
    QProgressBar* m_bar;
    QLabel* m_text;
};

} // namespace ui
