#include "ui/steer/prompt_box.h"

#include "core/api/sweet_spot.h"
#include "ui/shared/prompt_line.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextCursor>

namespace ui {

namespace {

const QString kChatValue = QStringLiteral("chat");

/// What stands there first: for a model that goes on from a text, and for one that is talked to.
QString exampleText()
{
    return QStringLiteral("Q: What can I do in Paris?\nA:");
}

QString exampleMessage()
{
    return QStringLiteral("What should I do this weekend?");
}

} // namespace

PromptBox::PromptBox(Session* session, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
    , m_prompt(new QPlainTextEdit(exampleText(), this))
    , m_generate(new QPushButton(tr("&Generate"), this))
    , m_stop(new QPushButton(tr("&Stop"), this))
    , m_chat(new QCheckBox(tr("C&hat"), this))
    , m_reply(new QPushButton(tr("Rep&ly"), this))
    , m_sweep(new QPushButton(tr("S&weep …"), this))
{
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setTabChangesFocus(true);
    m_prompt->setPlaceholderText(tr("The text to go on from"));
    m_prompt->setFixedHeight(em(this) * 3 + pad(this) * 2);
    m_line = new PromptLine(m_session, m_prompt, this);
    m_line->follow(kTag<core::GenerateRequest>, tr("Progress of writing"));
    m_line->follow(kTag<core::SweetSpotRequest>, {});
    makeButtons();
    // One layout without others in it: those would keep their old sizes when the text is scaled
    // while another page is shown.
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(0);
    grid->setColumnStretch(0, 1);
    grid->addWidget(m_prompt, 0, 0, 2, 1);
    grid->addWidget(m_line, 2, 0);
    grid->addWidget(m_sweep, 2, 1, 1, 2);
    grid->addWidget(m_generate, 0, 1, Qt::AlignTop);
    grid->addWidget(m_stop, 0, 2, Qt::AlignTop);
    grid->addWidget(m_chat, 1, 1, Qt::AlignTop);
    grid->addWidget(m_reply, 1, 2, Qt::AlignTop);
    connect(m_prompt, &QPlainTextEdit::textChanged, this, &PromptBox::changed);
    connect(m_session, &Session::busyChanged, this, &PromptBox::updateButtons);
    connect(m_session, &Session::stateChanged, this, &PromptBox::updateButtons);
    connect(m_session, &Session::modelOpened, this, &PromptBox::updateChat);
    updateChat();
}

void PromptBox::makeButtons()
{
    m_generate->setObjectName(QStringLiteral("generateButton"));
    m_generate->setToolTip(tr("Write on from the prompt, as the model would and as it does with "
                              "the changes (Ctrl+Enter)"));
    m_generate->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_stop->setToolTip(tr("Stop after the current token"));
    m_chat->setObjectName(QStringLiteral("chatSwitch"));
    m_reply->setObjectName(QStringLiteral("replyButton"));
    connect(m_generate, &QPushButton::clicked, this, &PromptBox::generateWanted);
    connect(m_stop, &QPushButton::clicked, this, &PromptBox::stopWanted);
    m_sweep->setObjectName(QStringLiteral("sweepButton"));
    m_sweep->setToolTip(
        tr("Try the changes at several strengths and in several ways, side by side"));
    connect(m_sweep, &QPushButton::clicked, this, &PromptBox::sweepWanted);
    connect(m_reply, &QPushButton::clicked, this, &PromptBox::replyWanted);
    connect(m_chat, &QCheckBox::toggled, this, [this](bool isOn) {
        m_line->setForm(isOn ? core::PromptForm::Chat : core::PromptForm::Text);
        updateButtons();
        Q_EMIT changed();
    });
    connect(m_chat, &QCheckBox::clicked, this, [this](bool isOn) {
        m_settings->setModelValue(toQString(m_session->openedAs().path), kChatValue, isOn);
    });
}

QString PromptBox::prompt() const
{
    return m_prompt->toPlainText();
}

void PromptBox::setPrompt(const QString& text)
{
    m_prompt->setPlainText(text);
}

void PromptBox::replacePrompt(const QString& text)
{
    QTextCursor cursor(m_prompt->document());
    cursor.select(QTextCursor::Document);
    cursor.insertText(text);
}

void PromptBox::focusPrompt()
{
    m_prompt->setFocus();
}

bool PromptBox::canChat() const
{
    return m_session->hasModel() && m_session->state().model.hasChatTemplate;
}

bool PromptBox::isChat() const
{
    return m_chat->isEnabled() && m_chat->isChecked();
}

void PromptBox::setChat(bool isOn)
{
    m_chat->setChecked(m_chat->isEnabled() && isOn);
}

void PromptBox::setAnswered(bool isAnswered)
{
    m_isAnswered = isAnswered;
    updateButtons();
}

void PromptBox::updateChat()
{
    m_chat->setEnabled(canChat());
    // What was made to talk is talked to, unless a person switched that off.
    const QVariant kept = m_settings->modelValue(toQString(m_session->openedAs().path), kChatValue);
    m_chat->setChecked(canChat() && (!kept.isValid() || kept.toBool()));
    // The example of the other kind; what a person wrote stays.
    if (prompt() == (isChat() ? exampleText() : exampleMessage()))
        setPrompt(isChat() ? exampleMessage() : exampleText());
    m_chat->setToolTip(canChat()
            ? tr("The prompt is a user's message; the model's chat template goes around it")
            : tr("The open model has no chat template; it goes on from the prompt as it stands"));
    updateButtons();
}

void PromptBox::updateButtons()
{
    m_generate->setEnabled(m_session->hasModel());
    const bool isBusy = m_session->isBusy(kTag<core::GenerateRequest>);
    m_stop->setEnabled(isBusy);
    m_reply->setEnabled(isChat() && m_isAnswered && !isBusy);
    m_reply->setToolTip(!canChat()
            ? tr("A conversation needs a chat template, and the open model has none.")
            : !isChat()     ? tr("A conversation needs Chat switched on.")
            : !m_isAnswered ? tr("There is no answer yet: press Generate first.")
                            : tr("Put the prompt and the steered answer into the conversation and "
                                 "write the next message"));
}

} // namespace ui
