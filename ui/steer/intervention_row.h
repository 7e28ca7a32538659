#pragma once

#include "core/api/intervention.h"
#include "ui/steer/condition_line.h"

#include <QFrame>
#include <QString>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSlider;

namespace ui {

class PositionChoice;

/// One change to one feature: on or off, how, how strongly, where and when. Strength counts in
/// multiples of the feature's largest harvested activation where the mode allows it.
class InterventionRow : public QFrame {
    Q_OBJECT
public:
    explicit InterventionRow(const core::Intervention& intervention, QWidget* parent = nullptr);

    const core::Intervention& intervention() const { return m_intervention; }
    void setIntervention(const core::Intervention& intervention); ///< Without a signal.
    void setTitle(const QString& title, const QString& tooltip);
    /// Without a harvest the maximum is not known: strengths are in activation units.
    void setMaximum(double maximum);
    /// The features that the change may wait for.
    void setConditionChoices(std::vector<ConditionLine::Choice> choices);
    QSlider* slider() const { return m_slider; }
    PositionChoice* positions() const { return m_positions; }

Q_SIGNALS:
    void changed(const core::Intervention& intervention, bool isDragged);
    void removed();
    void sweetSpotRequested();
    void featureClicked();

protected:
    void changeEvent(QEvent* event) override;

private:
    void makeWidgets();
    void showTitle();
    void modeChosen();
    void strengthMoved(double value, bool isDragged);
    void showStrength();
    bool takesMultiple() const;
    bool takesValue() const;
    double largestStrength() const;

    core::Intervention m_intervention;
    double m_maximum = 0.0;
    QString m_name;
    QCheckBox* m_enabled = nullptr;
    QLabel* m_title = nullptr;
    QComboBox* m_mode = nullptr;
    QSlider* m_slider = nullptr;
    QDoubleSpinBox* m_strength = nullptr;
    PositionChoice* m_positions = nullptr;
    ConditionLine* m_condition = nullptr;
};

} // namespace ui
