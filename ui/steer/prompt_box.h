#pragma once

#include "core/api/generate.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <QWidget>

class QCheckBox;
class QPlainTextEdit;
class QPushButton;

namespace ui {

class PromptLine;

/// The prompt of the Steer page with what is done with it: Generate, Stop, whether it is a message
/// of a chat, Reply.
class PromptBox : public QWidget {
    Q_OBJECT
public:
    PromptBox(Session* session, Settings* settings, QWidget* parent);

    QString prompt() const;
    void setPrompt(const QString& text);
    void replacePrompt(const QString& text); ///< So that it can be undone in the field.
    void focusPrompt();
    bool isChat() const;
    void setChat(bool isOn); ///< Where the model can chat.
    bool canChat() const;
    PromptLine* line() const { return m_line; }
    /// Whether there is an answer that can be replied to.
    void setAnswered(bool isAnswered);

Q_SIGNALS:
    void changed(); ///< The prompt or the chat.
    void generateWanted();
    void stopWanted();
    void replyWanted();
    void sweepWanted();

private:
    void makeButtons();
    void updateChat(); ///< Of the open model: whether it can chat, and whether it last did.
    void updateButtons();

    Session* m_session;
    Settings* m_settings;
    QPlainTextEdit* m_prompt;
    PromptLine* m_line;
    QPushButton* m_generate;
    QPushButton* m_stop;
    QCheckBox* m_chat;
    QPushButton* m_reply;
    QPushButton* m_sweep;
    bool m_isAnswered = false;
};

} // namespace ui
