#include "ui/steer/stream_pane.h"

#include "ui/steer/token_lanes.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTextCursor>
#include <QTextEdit>
#include <QVBoxLayout>

namespace ui {

namespace {

double meanOf(const std::vector<core::TokenFigures>& figures, float core::TokenFigures::*figure)
{
    double sum = 0.0;
    for (const core::TokenFigures& one : figures)
        sum += static_cast<double>(one.*figure);
    return figures.empty() ? 0.0 : sum / static_cast<double>(figures.size());
}

/// For colour: 0 at no difference, near 1 from a few nats on.
double shareOfKl(float kl)
{
    return 1.0 - std::exp(-static_cast<double>(kl));
}

} // namespace

StreamPane::StreamPane(const QString& title, Kind kind, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_name(title)
    , m_title(new QLabel(title, this))
    , m_edit(new QPlainTextEdit(this))
    , m_figures(new QLabel(this))
{
    makeHeading(m_title, 2);
    wrapLines(m_title);
    m_title->setBuddy(m_edit);
    m_edit->setReadOnly(true);
    m_edit->setUndoRedoEnabled(false);
    m_edit->setTextInteractionFlags(Qt::TextSelectableByKeyboard | Qt::TextSelectableByMouse);
    m_edit->setAccessibleName(title);
    m_edit->setPlaceholderText(tr("Text appears here token by token."));
    m_edit->viewport()->installEventFilter(this);
    m_edit->viewport()->setToolTip(kind == Kind::Normal
            ? tr("What the model writes without any change. Underlined: tokens on topic, on which "
                 "the topic's features fire. Click a token to write on from there.")
            : tr(
                "What it writes with the changes. Background: how far this token's "
                "draw was from the unsteered model's, in KL. Underlined: tokens on topic, on which "
                "the topic's features fire when the unsteered model reads this text. Click a token "
                "to write on from there."));
    m_figures->setObjectName(QStringLiteral("streamFigures"));
    m_figures->setWordWrap(true);
    m_figures->setMinimumHeight(
        m_figures->fontMetrics().lineSpacing() * 2); // two lines, also before there is a text
    m_figures->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    makeSubtle(m_figures);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_title);
    column->addWidget(m_edit, 1);
    if (kind == Kind::Steered) {
        m_lanes = new TokenLanes(this);
        column->addWidget(m_lanes);
        connect(m_lanes, &TokenLanes::chosen, this, &StreamPane::tokenChosen);
    }
    column->addWidget(m_figures);
}

void StreamPane::setTitle(const QString& title)
{
    m_name = title;
    m_edit->setAccessibleName(title);
    showTitle();
}

void StreamPane::setOld(bool isOld)
{
    m_isOld = isOld;
    showTitle();
}

void StreamPane::showTitle()
{
    m_title->setText(m_isOld ? tr("%1 · old").arg(m_name) : m_name);
    m_title->setToolTip(
        m_isOld ? tr("This text was made with other settings than those set now.") : QString());
}

void StreamPane::begin(const QString& before, const core::GenerateRequest& request)
{
    m_before = before;
    m_pieces.clear();
    m_hasEnded = false;
    m_hasChanges = !request.interventions.empty();
    m_hasTopic = m_hasChanges || !request.topic.empty();
    m_hasGuard = m_kind == Kind::Steered && request.settings.guard.has_value();
    m_spent = 0.0;
    m_current = -1;
    m_figures->clear();
    m_figures->setToolTip({});
    if (m_lanes)
        m_lanes->clear(m_hasGuard);
    rewrite();
}

void StreamPane::append(const core::StreamStep& step)
{
    if (m_hasEnded)
        return;
    QScrollBar* bar = m_edit->verticalScrollBar();
    const bool isAtEnd
        = bar->value() == bar->maximum(); // a person who scrolled back reads undisturbed
    if (m_hasTopic && !m_pieces.empty())
        setOnTopic(m_pieces.size() - 1, step.wasOnTopic);
    const QString text = toQString(step.token.text);
    if (step.token.id.isValid()) {
        m_spent += static_cast<double>(step.figures.spent);
        Piece piece;
        piece.id = step.token.id;
        piece.text = text;
        if (m_kind == Kind::Steered)
            piece.difference = shareOfKl(m_hasGuard ? step.figures.spent : step.figures.kl);
        m_pieces.push_back(std::move(piece));
        write(m_pieces.back());
        if (m_lanes)
            m_lanes->append({text, step.figures});
    } else {
        m_hasEnded = true;
    }
    if (!m_pieces.empty())
        showLiveFigures();
    if (isAtEnd)
        bar->setValue(bar->maximum());
}

void StreamPane::finish(const core::StreamText& text)
{
    // A change may also have been added while the request waited.
    m_hasTopic = m_hasTopic || !text.isOnTopic.empty();
    for (std::size_t i = 0; i < std::min(m_pieces.size(), text.isOnTopic.size()); ++i)
        setOnTopic(i, text.isOnTopic[i]);
    if (m_lanes)
        m_lanes->finish();
    if (m_kind == Kind::Steered && !m_hasChanges && text.tokens.empty()) {
        m_figures->setText(tr("No changes: only the normal text was written."));
        return;
    }
    QStringList more{tr("repetition %1").arg(formatPercent(text.repetition))};
    if (m_hasGuard) {
        const core::KlAccount& account = text.account;
        QString spent = tr("spent %1 of at most %2 nats")
                            .arg(formatNumber(account.spent), formatNumber(account.allowed));
        if (account.beyond > 0.005)
            spent += tr(" (and %1 that the unsteered text pays too)")
                         .arg(formatNumber(account.beyond));
        more << spent;
        if (text.changeShare < 1)
            more << tr("change weakened to %1").arg(formatPercent(text.changeShare));
    }
    showFigures(text.onTopicShare, more);
    // The strip shows them token by token; their means are for who asks.
    if (m_kind == Kind::Steered)
        m_figures->setToolTip(m_figures->toolTip()
            + tr("\n\nMeans of this text: KL of the change %1 nats, ‖Δ‖/‖x‖ %2.")
                  .arg(formatNumber(meanOf(text.figures, &core::TokenFigures::kl)),
                      formatNumber(meanOf(text.figures, &core::TokenFigures::deltaNormRatio))));
}

void StreamPane::showLiveFigures()
{
    int read = 0, onTopic = 0;
    for (const Piece& piece : m_pieces) {
        read += piece.isOnTopic ? 1 : 0;
        onTopic += piece.isOnTopic.value_or(false) ? 1 : 0;
    }
    QStringList more;
    if (m_hasGuard)
        more << tr("spent %1 nats so far").arg(formatNumber(m_spent));
    showFigures(read > 0 ? static_cast<double>(onTopic) / read : 0.0, more);
}

void StreamPane::showFigures(double onTopicShare, const QStringList& more)
{
    QStringList parts{tr("%1 tokens").arg(m_pieces.size())};
    QString tip;
    if (m_hasTopic) {
        parts << tr("on topic %1").arg(formatPercent(onTopicShare));
        tip = tr("On topic: the share of tokens on which the topic's features fire when the "
                 "unsteered model reads the text. The topic: the features that are changed.");
    }
    if (m_hasGuard)
        tip += tr(
            "\n\nSpent: how far this text is from one of the unsteered model, in nats of KL "
            "divergence. The guarantee: over all texts that could be drawn this way it is at "
            "most budget × tokens + what may be spent at once (+ ln of the candidates)."
            "\n\nWeakened: the change as it was asked for would break the text; this share of "
            "what it adds was added, at the prompt and at every token.");
    if (m_kind == Kind::Steered)
        tip += tr("\n\nKL of the change: how far the changes alone, before the guard, move the "
                  "choice of the next token. ‖Δ‖/‖x‖: how large they are beside the activation.");
    m_figures->setText((parts + more).join(QStringLiteral(" · ")));
    m_figures->setToolTip(tip.trimmed());
}

QTextCharFormat StreamPane::formatOf(const Piece& piece) const
{
    QTextCharFormat format;
    format.setForeground(palette().color(QPalette::Text));
    if (piece.difference > 0.02) {
        const QColor background = sequentialColor(0.15 + 0.6 * piece.difference, palette());
        format.setBackground(background);
        format.setForeground(textOn(background));
    }
    if (piece.isOnTopic.value_or(false))
        format.setFontUnderline(true);
    return format;
}

void StreamPane::write(Piece& piece)
{
    QTextCursor cursor(m_edit->document());
    cursor.movePosition(QTextCursor::End);
    piece.begin = cursor.position();
    cursor.insertText(piece.text, formatOf(piece));
}

void StreamPane::setOnTopic(std::size_t index, bool isOnTopic)
{
    Piece& piece = m_pieces[index];
    if (piece.isOnTopic == isOnTopic)
        return;
    piece.isOnTopic = isOnTopic;
    QTextCursor cursor(m_edit->document());
    cursor.setPosition(piece.begin);
    cursor.setPosition(piece.begin + countOf(piece.text), QTextCursor::KeepAnchor);
    cursor.setCharFormat(formatOf(piece));
}

void StreamPane::rewrite()
{
    m_edit->clear();
    QTextCharFormat pale;
    pale.setForeground(semanticColors(palette()).subtle);
    QTextCursor(m_edit->document()).insertText(m_before, pale);
    for (Piece& piece : m_pieces)
        write(piece);
    setCurrent(m_current);
}

int StreamPane::tokenAt(int position) const
{
    for (int i = countOf(m_pieces) - 1; i >= 0; --i) {
        const Piece& piece = m_pieces[static_cast<std::size_t>(i)];
        if (position >= piece.begin)
            return position < piece.begin + countOf(piece.text) ? i : -1;
    }
    return -1;
}

void StreamPane::setCurrent(int token)
{
    m_current = token >= 0 && token < countOf(m_pieces) ? token : -1;
    if (m_lanes)
        m_lanes->setCurrent(m_current);
    QList<QTextEdit::ExtraSelection> marks;
    if (m_current >= 0) {
        const Piece& piece = m_pieces[static_cast<std::size_t>(m_current)];
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(m_edit->document());
        mark.cursor.setPosition(piece.begin);
        mark.cursor.setPosition(piece.begin + countOf(piece.text), QTextCursor::KeepAnchor);
        mark.format.setBackground(palette().color(QPalette::Highlight));
        mark.format.setForeground(palette().color(QPalette::HighlightedText));
        marks << mark;
    }
    m_edit->setExtraSelections(marks);
}

bool StreamPane::eventFilter(QObject* object, QEvent* event)
{
    if (object == m_edit->viewport() && event->type() == QEvent::MouseButtonRelease
        && !m_edit->textCursor().hasSelection()) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const QTextCursor there = m_edit->cursorForPosition(mouse->pos());
        // The cursor's place is between letters: right of the middle of one it is behind it.
        const bool isBehind = m_edit->cursorRect(there).left() > mouse->pos().x();
        const int token = tokenAt(there.position() - (isBehind ? 1 : 0));
        if (mouse->button() == Qt::LeftButton && token >= 0)
            Q_EMIT tokenChosen(token);
    }
    return QWidget::eventFilter(object, event);
}

void StreamPane::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        rewrite();
}

QString StreamPane::text() const
{
    QString text;
    for (const Piece& piece : m_pieces)
        text += piece.text;
    return text;
}

std::vector<core::TokenId> StreamPane::ids() const
{
    std::vector<core::TokenId> ids;
    for (const Piece& piece : m_pieces)
        ids.push_back(piece.id);
    return ids;
}

QString StreamPane::tokenText(int token) const
{
    return m_pieces[static_cast<std::size_t>(token)].text;
}

QString StreamPane::figures() const
{
    return m_figures->text();
}

} // namespace ui
