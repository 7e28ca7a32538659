#pragma once

#include "core/api/generation_pace.h"
#include "ui/session/settings.h"

#include <memory>

#include <QWidget>

class QComboBox;
class QToolButton;

namespace ui {

/// How fast texts appear, and buttons to halt them and to go on by one token. Acts on the texts
/// that are being written.
class PaceBar : public QWidget {
    Q_OBJECT
public:
    PaceBar(Settings* settings, QWidget* parent);

    /// What the next texts are to be written at; `isPaused`: their first token, then wait.
    std::shared_ptr<core::GenerationPace> begin(bool isPaused);
    void setRunning(bool isRunning);
    /// What is taken until a person chooses: a small model is too fast to follow.
    void setParameters(std::int64_t parameters);

Q_SIGNALS:
    void stepWanted(); ///< A step, and nothing is being written.

private:
    double tokensPerSecond() const;
    void showPause();

    Settings* m_settings;
    std::int64_t m_parameters = 0;
    std::shared_ptr<core::GenerationPace> m_pace; ///< Of the newest texts; never null.
    QComboBox* m_speed;
    QToolButton* m_pause;
    QToolButton* m_step;
    bool m_isRunning = false;
};

} // namespace ui
