#pragma once

#include "core/api/intervention.h"

#include <QFrame>
#include <QString>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSlider;

namespace ui {

/// One change to one feature: on or off, how, how strongly, where. Strength counts in multiples of
/// the feature's largest harvested activation where the mode allows it.
class InterventionRow : public QFrame {
    Q_OBJECT
public:
    explicit InterventionRow(const core::Intervention& intervention, QWidget* parent = nullptr);

    /// "clamp 2 × max, positions 3-7, off": all that is set, in words.
    static QString describe(const core::Intervention& intervention);

    const core::Intervention& intervention() const { return m_intervention; }
    void setIntervention(const core::Intervention& intervention); ///< Without a signal.
    void setTitle(const QString& title, const QString& tooltip);
    /// Without a harvest the maximum is not known: strengths are in activation units.
    void setMaximum(double maximum);
    QSlider* slider() const { return m_slider; }

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
    void positionsChosen();
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
    QComboBox* m_positions = nullptr;
    QLineEdit* m_range = nullptr;
};

} // namespace ui
