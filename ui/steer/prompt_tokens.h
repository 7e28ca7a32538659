#pragma once

#include "core/api/generate.h"
#include "core/api/tokenize.h"
#include "ui/session/session.h"
#include "ui/shared/token_strip.h"

#include <vector>

#include <QObject>
#include <QTimer>

namespace ui {

/// The prompt's tokens as the model will read them, asked for while somebody looks at them.
class PromptTokens : public QObject {
    Q_OBJECT
public:
    PromptTokens(Session* session, QObject* parent);

    void setWanted(bool isWanted);
    /// Of `request` only what makes the prompt: its text, the chat, the turns before.
    void setPrompt(const core::GenerateRequest& request);
    const std::vector<StripToken>& tokens() const { return m_tokens; }

Q_SIGNALS:
    void changed(); ///< Read tokens().

private:
    void ask();

    Session* m_session;
    bool m_isWanted = false, m_isOutdated = true;
    core::TokenizeRequest m_asked;
    std::vector<StripToken> m_tokens;
    QTimer m_delay;
};

} // namespace ui
