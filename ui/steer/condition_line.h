#pragma once

#include "core/api/intervention.h"

#include <optional>
#include <vector>

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;

namespace ui {

/// When a change acts: at any time, or only where a feature fires above a threshold as the
/// unsteered model reads the text.
class ConditionLine : public QWidget {
    Q_OBJECT
public:
    /// A feature that can be asked for.
    struct Choice {
        core::FeatureRef feature;
        QString name; ///< As in "while NAME is above".
        bool hasMaximum = false; ///< Thresholds count multiples of its maximum.
    };

    explicit ConditionLine(QWidget* parent = nullptr);

    const std::optional<core::Condition>& condition() const { return m_condition; }
    void setCondition(const std::optional<core::Condition>& condition); ///< Without a signal.
    void setChoices(std::vector<Choice> choices);

Q_SIGNALS:
    void changed();

private:
    void show();

    std::optional<core::Condition> m_condition;
    std::vector<Choice> m_choices;
    QComboBox* m_when;
    QDoubleSpinBox* m_above;
};

} // namespace ui
