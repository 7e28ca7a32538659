#pragma once

#include "core/api/training_runs.h"

#include <QWidget>

class QLabel;

namespace ui {

/// A training that was left before its end, and the choice to go on with it. Hidden while there is
/// none.
class UnfinishedOffer : public QWidget {
    Q_OBJECT
public:
    explicit UnfinishedOffer(QWidget* parent = nullptr);

    /// And how many others wait beside it.
    void offer(const core::TrainingRunInfo& run, int others);
    const core::TrainingRunInfo& run() const { return m_run; } ///< The last that was offered.
    QString sentence() const;

Q_SIGNALS:
    void accepted(const core::TrainingRunInfo& run);

private:
    core::TrainingRunInfo m_run;
    QLabel* m_text;
};

} // namespace ui
