#pragma once

#include "ui/session/session.h"

#include <functional>
#include <string>
#include <vector>

#include <QWidget>

class QLineEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace ui {

/// Runs a text through the model and keeps what each feature did: densities, histograms, examples.
class HarvestBar : public QWidget {
    Q_OBJECT
public:
    using Chosen = std::function<std::vector<std::string>()>;

    HarvestBar(Session* session, Chosen chosen, QWidget* parent = nullptr);

Q_SIGNALS:
    void started();

private:
    void startOrStop();
    void updateButtons();

    Session* m_session;
    Chosen m_chosen;
    QSpinBox* m_tokens;
    QLineEdit* m_corpus;
    QPushButton* m_start;
    QProgressBar* m_progress;
};

} // namespace ui
