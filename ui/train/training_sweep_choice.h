#pragma once

#include "core/api/training_settings.h"

#include <QWidget>

class QComboBox;
class QLineEdit;

namespace ui {

/// Which setting takes several values in one training, and which; nothing by default.
class TrainingSweepChoice : public QWidget {
    Q_OBJECT
public:
    explicit TrainingSweepChoice(QWidget* parent = nullptr);

    core::TrainingSweep sweep() const;
    void setSweep(const core::TrainingSweep& sweep);
    /// Which of k and λ this architecture has; the other cannot be chosen.
    void showWhatApplies(core::TrainedArchitecture architecture);

Q_SIGNALS:
    void changed();

private:
    QComboBox* m_field;
    QLineEdit* m_values;
};

/// Values in words: "k = 8, 16, 32"; empty for no sweep.
QString sweepInWords(const core::TrainingSweep& sweep);

} // namespace ui
