#pragma once

#include "ui/steer/sweep/sweep_rows.h"

#include <optional>
#include <vector>

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QStackedWidget;

namespace ui {

class JobProgress;
class Session;
class Settings;

/// What a sweep compares, and the buttons that run and stop it. The strengths are remembered.
class SweepForm : public QWidget {
    Q_OBJECT
public:
    SweepForm(Session* session, Settings* settings, QWidget* parent = nullptr);

    /// As it is filled in; none where something is missing: then `problem()` says what.
    std::optional<SweepChoice> choice() const;
    QString problem() const;
    /// How many changes there are to be tried; says below how many texts follow.
    void setChanges(int changes);

Q_SIGNALS:
    void edited();
    void runRequested();

private:
    QWidget* makeWays();
    QWidget* makeSizes();
    void updateState();

    struct Method {
        core::InterventionMode mode;
        QCheckBox* box;
    };

    Session* m_session;
    Settings* m_settings;
    int m_changes = 0;
    std::vector<Method> m_methods;
    QCheckBox* m_unguarded;
    QCheckBox* m_guarded;
    QComboBox* m_each;
    QLineEdit* m_strengths;
    QSpinBox* m_samples;
    QSpinBox* m_maxTokens;
    QDoubleSpinBox* m_temperature;
    QStackedWidget* m_line; ///< The count, or the progress.
    QLabel* m_count;
    QPushButton* m_run;
    QPushButton* m_stop;
    JobProgress* m_progress;
};

} // namespace ui
