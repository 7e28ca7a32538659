#include "ui/steer/sweep/written_text.h"

#include "ui/style/metrics.h"

#include <QLabel>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace ui {

WrittenTextView::WrittenTextView(const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel(this))
    , m_text(new QPlainTextEdit(this))
    , m_figures(new QLabel(this))
{
    makeHeading(m_title, 2);
    wrapLines(m_title);
    m_title->setTextFormat(Qt::PlainText);
    m_text->setReadOnly(true);
    m_text->setTabChangesFocus(true);
    m_text->setAccessibleName(accessibleName);
    m_text->setMinimumHeight(em(this) * 3);
    // A field would rather be taller than a small screen has room for.
    m_text->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    makeSubtle(m_figures);
    wrapLines(m_figures);
    m_figures->setTextFormat(Qt::PlainText);
    m_figures->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_figures->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_title);
    column->addWidget(m_text, 1);
    column->addWidget(m_figures);
}

void WrittenTextView::setWritten(const QString& title, const QString& text, const QString& figures)
{
    m_title->setText(title);
    m_text->setPlainText(text);
    m_figures->setText(figures);
    fitLabels();
}

void WrittenTextView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fitLabels();
}

void WrittenTextView::fitLabels()
{
    for (QLabel* label : {m_title, m_figures}) {
        label->setMinimumHeight(0); // it would count
        if (!label->text().isEmpty())
            label->setMinimumHeight(label->heightForWidth(width()));
    }
}

QString WrittenTextView::text() const
{
    return m_text->toPlainText();
}

QString WrittenTextView::figures() const
{
    return m_figures->text();
}

} // namespace ui
