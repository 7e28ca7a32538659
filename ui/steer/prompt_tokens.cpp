#include "ui/steer/prompt_tokens.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

namespace ui {

PromptTokens::PromptTokens(Session* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
{
    m_delay.setSingleShot(true);
    m_delay.setInterval(kTypingDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &PromptTokens::ask);
    connect(session, &Session::modelOpened, this, [this] {
        m_isOutdated = true;
        ask();
    });
}

void PromptTokens::setWanted(bool isWanted)
{
    m_isWanted = isWanted;
    if (isWanted && m_isOutdated && !m_delay.isActive())
        ask();
}

void PromptTokens::setPrompt(const core::GenerateRequest& request)
{
    m_asked.text = request.prompt;
    m_asked.form = request.isChat ? core::PromptForm::Chat : core::PromptForm::Text;
    m_asked.earlier = request.isChat ? request.earlier : std::vector<core::ChatTurn>();
    m_isOutdated = true;
    if (m_isWanted)
        m_delay.start();
}

void PromptTokens::ask()
{
    if (!m_isWanted || !m_session->hasModel())
        return;
    m_isOutdated = false;
    const auto show = [this, asked = m_asked](const Shared<core::Tokenization>& answer) {
        if (asked.text != m_asked.text || asked.form != m_asked.form
            || asked.earlier != m_asked.earlier)
            return; // the newest is on its way
        m_tokens.clear();
        for (std::size_t i = 0; i < answer->tokens.size(); ++i) {
            const auto [begin, end] = answer->offsets[i];
            StripToken token;
            token.text = toQString(answer->tokens[i]);
            token.isSpecial = begin == end;
            //: %1 is a token, %2 its position
            token.note = tr("%1, position %2").arg(visibleToken(token.text)).arg(i);
            m_tokens.push_back(std::move(token));
        }
        Q_EMIT changed();
    };
    // Without a tag: nobody waits for it.
    m_session->ask(this, QLatin1String(), m_asked, show, [](const core::Error&) {});
}

} // namespace ui
