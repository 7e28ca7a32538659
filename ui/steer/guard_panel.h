#pragma once

#include "core/api/fluency_guard.h"

#include <optional>

#include <QWidget>

class QCheckBox;
class QDoubleSpinBox;
class QSpinBox;

namespace ui {

/// "Stay fluent": whether steered text keeps to a budget of nats, and how large the budget is.
/// Without it a change is what its name says and nothing holds it back.
class GuardPanel : public QWidget {
    Q_OBJECT
public:
    explicit GuardPanel(QWidget* parent = nullptr);

    std::optional<core::FluencyGuard> guard() const; ///< None while the switch is off.
    void setGuard(const std::optional<core::FluencyGuard>& guard); ///< Without a signal.

Q_SIGNALS:
    void switched(bool isOn); ///< By a person.
    void changed(int control); ///< Also after `switched`; its number within the panel, -1 = switch.

private:
    void showNumbers();

    QCheckBox* m_switch;
    QWidget* m_numbers;
    QDoubleSpinBox* m_mean;
    QDoubleSpinBox* m_peak;
    QSpinBox* m_candidates;
    QCheckBox* m_weakens;
    QDoubleSpinBox* m_surprisal;
    bool m_isApplying = false;
};

} // namespace ui
