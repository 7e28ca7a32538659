#pragma once

#include "core/api/training_settings.h"

#include <map>
#include <string>

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSpinBox;

namespace ui {

/// What most people leave as it is: what belongs to one architecture alone, where features begin,
/// how the decoder and the gradients are kept, what is
/// written. Each with what it does and its usual range.
class TrainingDetails : public QWidget {
    Q_OBJECT
public:
    explicit TrainingDetails(QWidget* parent = nullptr);

    void read(core::TrainingSettings& settings) const; ///< Fills its fields in.
    void fill(const core::TrainingSettings& settings);
    void showWhatApplies(core::TrainedArchitecture architecture);
    /// By the field's name in a TrainingProblem.
    const std::map<std::string, QLabel*>& labels() const { return m_labels; }

Q_SIGNALS:
    void changed();

private:
    void add(const char* field, const QString& title, QWidget* widget, const QString& note);
    QDoubleSpinBox* addReal(const char* field, const QString& title, double low, double high,
        int decimals, const QString& note);
    QCheckBox* addChoice(
        const char* field, const QString& title, const QString& words, const QString& note);

    QFormLayout* m_form;
    std::map<std::string, QLabel*> m_labels;
    core::TrainedArchitecture m_architecture = core::TrainedArchitecture::BatchTopK;
    QSpinBox* m_levels;
    QComboBox* m_firingPenalty;
    QDoubleSpinBox* m_targetL0;
    QDoubleSpinBox* m_auxiliary;
    QCheckBox* m_startsFromData;
    QCheckBox* m_startsAtMedian;
    QCheckBox* m_hasFreeDecoder;
    QDoubleSpinBox* m_decoderNorm;
    QDoubleSpinBox* m_clippedNorm;
    QSpinBox* m_checkpointEvery;
    QComboBox* m_dtype;
};

} // namespace ui
