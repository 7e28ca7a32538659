#pragma once

#include "core/api/estimate_training.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"
#include "ui/train/training_plan.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <QString>
#include <QTimer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace ui {

class Notice;
class TrainingSweepChoice;
class TextChoice;
class TrainingDetails;

/// What a training is set up with: presets, every hyperparameter with what it does, its unit and
/// its usual range, the text; below it what that will take on this machine, or what has to be
/// mended first. Remembered.
class TrainingForm : public QWidget {
    Q_OBJECT
public:
    TrainingForm(Session* session, Settings* settings, QWidget* parent = nullptr);

    /// As it is filled in; nothing where a field cannot be read: then `problem()` says which.
    std::optional<TrainingPlan> plan() const;
    void setPlan(const TrainingPlan& plan);
    int presetOf(const TrainingPlan& plan) const; ///< That gives just this plan, or the last entry.
    void choosePreset(TrainingPreset preset);
    /// What it will take, or what has to be mended: for the page to show where it is always seen.
    QWidget* footer() const { return m_footer; }
    QString problem() const; ///< What has to be mended, with the field's name; else empty.
    QString estimateText() const; ///< What it will take; empty while that is not known.
    void setLocked(bool isLocked); ///< While a training runs.

Q_SIGNALS:
    void changed(); ///< A field has another value.
    void edited(); ///< So it has, or what has to be mended is known by now.

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makePlace();
    QWidget* makeSize();
    QWidget* makeLearning();
    QWidget* makeText();
    QSpinBox* addWhole(QFormLayout* form, const char* field, const QString& title, int low,
        int high, const QString& note);
    QDoubleSpinBox* addReal(QFormLayout* form, const char* field, const QString& title, double low,
        double high, int decimals, const QString& note);
    QDoubleSpinBox* addShare(
        QFormLayout* form, const char* field, const QString& title, const QString& note);
    void addField(QFormLayout* form, const char* field, const QString& title, QWidget* widget,
        const QString& note);
    void fieldChanged();
    void showWhatApplies();
    void offerStarts(const QString& chosen = {}); ///< Null: as it is chosen now.
    void warnOfRate(const std::optional<TrainingPlan>& now);
    void remember(TrainingPlan now); ///< For the next start.
    void ask();
    void showEstimate(const core::TrainingEstimate& estimate);
    void mark(const std::vector<core::TrainingProblem>& problems);

    Session* m_session;
    Settings* m_settings;
    std::map<std::string, QLabel*> m_labels; ///< By the field's name in a TrainingProblem.
    std::map<std::string, QString> m_titles;
    QComboBox* m_preset;
    QComboBox* m_place;
    QLineEdit* m_layers;
    QComboBox* m_architecture;
    QComboBox* m_startFrom;
    QSpinBox* m_expansion;
    QLabel* m_features;
    QSpinBox* m_k;
    TrainingDetails* m_details;
    QDoubleSpinBox* m_lambda;
    QDoubleSpinBox* m_lambdaWarmUp;
    QSpinBox* m_tokens;
    QSpinBox* m_batch;
    QDoubleSpinBox* m_learningRate;
    Notice* m_rateWarning;
    QDoubleSpinBox* m_warmUp;
    QComboBox* m_decay;
    QDoubleSpinBox* m_deadWindow;
    QCheckBox* m_restartsDead;
    QCheckBox* m_hasSkip;
    QSpinBox* m_seed;
    TrainingSweepChoice* m_sweep;
    QDoubleSpinBox* m_measureEvery;
    TextChoice* m_text;
    QSpinBox* m_textTokens;
    QWidget* m_footer;
    QLabel* m_estimate;
    Notice* m_problem;
    QFormLayout* m_sizeForm = nullptr;
    QFormLayout* m_learningForm = nullptr;
    QTimer m_delay;
    QString m_problemText;
    QString m_estimateText;
    bool m_isFilling = false;
    bool m_isLocked = false;
};

} // namespace ui
