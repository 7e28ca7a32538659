#pragma once

#include "core/api/generate.h"

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QSpinBox;

namespace ui {

/// How both texts are written: their length, how a token is chosen, whose attention the steered one
/// has. The guard is not among them.
class SettingsPanel : public QWidget {
    Q_OBJECT
public:
    explicit SettingsPanel(QWidget* parent = nullptr);

    core::GenerateSettings settings() const;
    void setSettings(const core::GenerateSettings& settings); ///< Without a signal.
    /// Whether a person has chosen a temperature; until then the program may.
    bool isTemperatureChosen() const { return m_isTemperatureChosen; }

Q_SIGNALS:
    void changed(int control); ///< Its number within the panel, -1 = one whose steps do not merge.

private:
    QDoubleSpinBox* addReal(const char* name, double low, double high, double step);
    QSpinBox* addWhole(const char* name, int low, int high);

    int m_controls = 0; ///< Before the controls, which are numbered by it.
    bool m_isApplying = false;
    QSpinBox* m_maxTokens;
    QDoubleSpinBox* m_temperature;
    QSpinBox* m_topK;
    QDoubleSpinBox* m_topP;
    QDoubleSpinBox* m_repetitionPenalty;
    QDoubleSpinBox* m_frequencyPenalty;
    QSpinBox* m_seed;
    QComboBox* m_attention;
    bool m_isFrozenFirst = false; ///< Of two steered texts, the first is the frozen one.
    bool m_isTemperatureChosen = false;
};

} // namespace ui
