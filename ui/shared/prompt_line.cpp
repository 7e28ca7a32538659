#include "ui/shared/prompt_line.h"

#include "ui/shared/job_progress.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextCursor>
#include <QToolButton>

namespace ui {

namespace {

constexpr int kCountDelayMs = 60; // of fast typing each third letter
constexpr int kCuts = 8; // a cut text may be tokenised into more than was kept

bool continuesLetter(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// Without its first or last `surplus` tokens, by whole letters; empty where nothing would be left.
QString without(const QString& text, const core::Tokenization& tokens, int surplus, bool keepsEnd)
{
    const QByteArray bytes = text.toUtf8();
    const int kept = countOf(tokens.offsets) - surplus;
    if (kept <= 0)
        return {};
    if (keepsEnd) {
        auto begin
            = static_cast<qsizetype>(tokens.offsets[static_cast<std::size_t>(surplus)].first);
        while (begin < bytes.size() && continuesLetter(bytes[begin]))
            ++begin;
        return QString::fromUtf8(bytes.mid(begin));
    }
    auto end = static_cast<qsizetype>(tokens.offsets[static_cast<std::size_t>(kept - 1)].second);
    while (end > 0 && end < bytes.size() && continuesLetter(bytes[end]))
        --end;
    return QString::fromUtf8(bytes.left(end));
}

void makeWarning(QLabel* label, bool isWarning)
{
    QPalette mine = label->parentWidget()->palette();
    mine.setColor(QPalette::WindowText,
        isWarning ? semanticColors(mine).warning : semanticColors(mine).subtle);
    label->setPalette(mine);
}

} // namespace

PromptLine::PromptLine(Session* session, QPlainTextEdit* field, QWidget* parent)
    : PromptLine(session,
        {[field] { return field->toPlainText(); },
            [field](const QString& text) {
                QTextCursor whole(field->document());
                whole.select(QTextCursor::Document);
                whole.insertText(text);
                field->setFocus();
            }},
        parent)
{
    connect(field, &QPlainTextEdit::textChanged, this, &PromptLine::changed);
}

PromptLine::PromptLine(Session* session, QLineEdit* field, QWidget* parent)
    : PromptLine(session,
        {[field] { return field->text(); },
            [field](const QString& text) {
                field->selectAll();
                field->insert(text);
                field->setFocus();
            }},
        parent)
{
    connect(field, &QLineEdit::textChanged, this, &PromptLine::changed);
}

PromptLine::PromptLine(Session* session, Field field, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_field(std::move(field))
    , m_words(new QLabel(this))
    , m_last(new QToolButton(this))
    , m_first(new QToolButton(this))
    , m_stale(new QLabel(tr("What is shown is of an earlier prompt."), this))
{
    m_words->setObjectName(QStringLiteral("promptTokens"));
    m_last->setObjectName(QStringLiteral("useLast"));
    m_first->setObjectName(QStringLiteral("useFirst"));
    m_stale->setObjectName(QStringLiteral("staleMark"));
    for (QToolButton* button : {m_last, m_first}) {
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        button->hide();
    }
    for (QLabel* label : {m_words, m_stale})
        label->setMinimumWidth(1); // a narrow window cuts them; their tooltips do not
    m_stale->setToolTip(m_stale->text());
    m_stale->hide();
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(pad(this));
    row->addWidget(m_words);
    row->addWidget(m_last);
    row->addWidget(m_first);
    row->addWidget(m_stale);
    row->addStretch(0);
    m_delay.setSingleShot(true);
    m_delay.setInterval(kCountDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &PromptLine::ask);
    connect(m_last, &QToolButton::clicked, this, [this] {
        cut({m_field.text(), m_field.text(), true, kCuts});
    });
    connect(m_first, &QToolButton::clicked, this, [this] {
        cut({m_field.text(), m_field.text(), false, kCuts});
    });
    connect(session, &Session::modelOpened, this, [this] {
        m_isOutdated = true;
        changed();
    });
    makeWarning(m_stale, true);
    show();
    if (!m_field.text().isEmpty())
        changed();
    // As tall as with its buttons and its bar, whatever it shows.
    setMinimumHeight(std::max(m_last->sizeHint().height(), m_words->sizeHint().height()));
}

void PromptLine::setForm(core::PromptForm form)
{
    if (form == m_form)
        return;
    m_form = form;
    m_isOutdated = true;
    changed();
}

void PromptLine::setEarlier(std::vector<core::ChatTurn> turns)
{
    if (turns == m_earlier)
        return;
    m_earlier = std::move(turns);
    m_isOutdated = true;
    changed();
}

void PromptLine::setToWrite(int tokens)
{
    m_toWrite = tokens;
    show();
}

void PromptLine::setStale(bool isStale)
{
    m_stale->setVisible(isStale);
}

void PromptLine::follow(QLatin1String tag, const QString& accessibleName)
{
    if (!m_progress) {
        m_progress = new JobProgress(accessibleName, this);
        static_cast<QHBoxLayout*>(layout())->addWidget(m_progress, 1);
        setMinimumHeight(std::max(minimumHeight(), m_progress->sizeHint().height()));
    }
    m_progress->follow(m_session, tag);
}

void PromptLine::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        makeWarning(m_stale, true);
        show();
    }
}

void PromptLine::changed()
{
    m_count = -1;
    show();
    if (!m_delay.isActive())
        m_delay.start();
}

void PromptLine::ask()
{
    if (m_isAsking)
        return; // its answer asks again where the text has changed
    m_delay.stop();
    const QString text = m_field.text();
    if (text.isEmpty() || !m_session->hasModel())
        return show();
    m_isAsking = true;
    m_isOutdated = false;
    const auto answered = [this, text](int count) {
        m_isAsking = false;
        if (m_isOutdated || m_field.text() != text)
            return ask();
        m_count = count;
        show();
    };
    // Without a tag: counting is no work that anybody waits for or stops.
    m_session->ask(
        this, QLatin1String(),
        core::TokenizeRequest{{}, text.toStdString(), true, m_form, m_earlier},
        [answered](const Shared<core::Tokenization>& tokens) { answered(countOf(tokens->ids)); },
        [answered](const core::Error&) { answered(-1); });
}

int PromptLine::room() const
{
    // Where more is to be written than there is room for, half of the context is left for it.
    const int context = m_session->state().model.n_ctx;
    return context - std::min(m_toWrite, context / 2);
}

void PromptLine::show()
{
    const int context = m_session->state().model.n_ctx;
    const bool isKnown = m_count >= 0 && context > 0 && m_session->hasModel();
    const bool isTooLong = isKnown && m_count > context;
    // The last token is written without being read.
    const int canWrite = context - m_count + 1;
    const bool stopsEarly = isKnown && !isTooLong && m_toWrite > canWrite;
    QString words;
    if (isTooLong)
        words
            = tr("%1 of %2 tokens: %3 too many")
                  .arg(formatCount(m_count), formatCount(context), formatCount(m_count - context));
    else if (stopsEarly)
        words = tr("%1 of %2 tokens: writing stops after %3, where the context ends")
                    .arg(formatCount(m_count), formatCount(context), formatCount(canWrite));
    else if (isKnown)
        words = tr("%1 of %2 tokens").arg(formatCount(m_count), formatCount(context));
    // While the newest text is counted the words stay, so that they do not flicker.
    if (isKnown || m_field.text().isEmpty() || !m_session->hasModel()) {
        m_words->setText(words);
        m_words->setToolTip(words);
        makeWarning(m_words, isTooLong || stopsEarly);
        const bool canCut = (isTooLong || stopsEarly) && m_count > room();
        const QString kept = formatCount(room());
        m_last->setText(tr("Use the last %1").arg(kept));
        m_first->setText(tr("Use the first %1").arg(kept));
        m_last->setToolTip(tr("Leave out the beginning of the prompt; Ctrl+Z brings it back"));
        m_first->setToolTip(tr("Leave out the end of the prompt; Ctrl+Z brings it back"));
        m_last->setVisible(canCut);
        m_first->setVisible(canCut);
    }
}

void PromptLine::cut(const Cut& cut)
{
    m_session->ask(
        this, QLatin1String(),
        core::TokenizeRequest{{}, cut.text.toStdString(), true, m_form, m_earlier},
        [this, cut](const Shared<core::Tokenization>& tokens) {
            if (m_field.text() != cut.original) // it was edited meanwhile
                return;
            const int surplus = countOf(tokens->ids) - room();
            if (surplus > 0 && cut.tries > 0)
                drop(cut, surplus);
            else if (cut.text != cut.original)
                m_field.replace(cut.text);
        },
        [](const core::Error&) {});
}

void PromptLine::drop(const Cut& cut, int surplus)
{
    // Special tokens and the chat's own are not the text's: they cannot be left out.
    m_session->ask(
        this, QLatin1String(), core::TokenizeRequest{{}, cut.text.toStdString(), false},
        [this, cut, surplus](const Shared<core::Tokenization>& tokens) {
            const QString shorter = without(cut.text, *tokens, surplus, cut.keepsEnd);
            if (!shorter.isEmpty() && shorter != cut.text)
                this->cut({cut.original, shorter, cut.keepsEnd, cut.tries - 1});
        },
        [](const core::Error&) {});
}

} // namespace ui
