#include "ui/steer/stream_pane.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTextCursor>
#include <QVBoxLayout>

namespace ui {

StreamPane::StreamPane(const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel(title, this))
    , m_edit(new QPlainTextEdit(this))
    , m_figures(new QLabel(this))
{
    makeHeading(m_title, 2);
    m_title->setBuddy(m_edit);
    m_edit->setReadOnly(true);
    m_edit->setTextInteractionFlags(Qt::TextSelectableByKeyboard | Qt::TextSelectableByMouse);
    m_edit->setAccessibleName(title);
    m_edit->setPlaceholderText(tr("Text appears here token by token."));
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
    column->addWidget(m_figures);
}

void StreamPane::begin(const QString& prompt)
{
    m_prompt = prompt;
    m_pieces.clear();
    m_figures->clear();
    rewrite();
}

void StreamPane::append(const QString& text, double difference)
{
    QScrollBar* bar = m_edit->verticalScrollBar();
    const bool isAtEnd
        = bar->value() == bar->maximum(); // a person who scrolled back reads undisturbed
    m_pieces.push_back({text, difference});
    write(m_pieces.back());
    if (isAtEnd)
        bar->setValue(bar->maximum());
}

void StreamPane::write(const Piece& piece)
{
    QTextCharFormat format;
    format.setForeground(palette().color(QPalette::Text));
    if (piece.difference > 0.02) {
        const QColor background = sequentialColor(0.15 + 0.6 * piece.difference, palette());
        format.setBackground(background);
        format.setForeground(textOn(background));
    }
    QTextCursor cursor(m_edit->document());
    cursor.movePosition(QTextCursor::End);
    cursor.insertText(piece.text, format);
}

void StreamPane::rewrite()
{
    m_edit->clear();
    QTextCharFormat pale;
    pale.setForeground(semanticColors(palette()).subtle);
    QTextCursor(m_edit->document()).insertText(m_prompt, pale);
    for (const Piece& piece : m_pieces)
        write(piece);
}

void StreamPane::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        rewrite();
}

void StreamPane::setFigures(const QString& text)
{
    m_figures->setText(text);
}

QString StreamPane::text() const
{
    QString text;
    for (const Piece& piece : m_pieces)
        text += piece.text;
    return text;
}

} // namespace ui
