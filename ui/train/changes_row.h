#pragma once

#include "core/api/train.h"

#include <optional>

#include <QWidget>

class QDoubleSpinBox;
class QLabel;

namespace ui {

/// What a paused training may go on with: another learning rate, another λ.
class ChangesRow : public QWidget {
    Q_OBJECT
public:
    explicit ChangesRow(QWidget* parent = nullptr);

    /// As it was set up, or changed last; `rateNow` is what the schedule has made of the learning
    /// rate, 0 before the first step.
    void setSettings(const core::TrainingSettings& settings, double rateNow);
    std::optional<core::TrainingChanges> changes() const; ///< Nothing where all is as before.

private:
    core::TrainingSettings m_settings;
    QDoubleSpinBox* m_learningRate;
    QLabel* m_now;
    QLabel* m_lambdaLabel;
    QDoubleSpinBox* m_lambda;
    QLabel* m_fixed;
};

} // namespace ui
