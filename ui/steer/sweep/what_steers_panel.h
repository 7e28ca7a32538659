#pragma once

#include "core/api/what_steers.h"
#include "ui/session/session.h"

#include <optional>
#include <vector>

#include <QWidget>

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QTableView;

namespace ui {

class EmptyState;
class JobProgress;
class MessageBar;
class Notice;
class Settings;
class SteeringCandidateModel;
class WrittenTextView;

/// Which features make the model write about a concept: the best hits of a search are clamped at
/// several strengths, with the guard, and ranked by what is written.
class WhatSteersPanel : public QWidget {
    Q_OBJECT
public:
    WhatSteersPanel(Session* session, Settings* settings, QWidget* parent = nullptr);

    void setPrompt(const QString& prompt, bool isChat); ///< Those of the Steer page.
    void setConcept(const QString& words);
    void run(); ///< As if the button was pressed.
    const Shared<core::WhatSteers>& answer() const { return m_answer; }

Q_SIGNALS:
    /// Features go to the Steer page, each at its best strength, with the guard they were tried
    /// with.
    void chosen(const std::vector<core::Intervention>& interventions,
        const core::GenerateSettings& settings);

private:
    QWidget* makeForm();
    QWidget* makeResult();
    void receive(const Shared<core::WhatSteers>& answer);
    void clear();
    void updateState();
    void showRow();
    void take();
    std::vector<int> chosenRows() const;
    QString problem() const; ///< Why it cannot run.

    Session* m_session;
    Settings* m_settings;
    QString m_promptText;
    bool m_isChat = false;
    Shared<core::WhatSteers> m_answer;

    MessageBar* m_messages;
    QLineEdit* m_concept;
    QLineEdit* m_strengths;
    QSpinBox* m_most;
    QSpinBox* m_samples;
    QSpinBox* m_maxTokens;
    QPushButton* m_run;
    QPushButton* m_stop;
    QStackedWidget* m_line; ///< The state, or the progress.
    JobProgress* m_progress;
    QLabel* m_state;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    Notice* m_summary;
    SteeringCandidateModel* m_model;
    QTableView* m_table;
    WrittenTextView* m_text;
    WrittenTextView* m_normal;
    QPushButton* m_take;
};

} // namespace ui
