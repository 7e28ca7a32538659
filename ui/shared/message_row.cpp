#include "ui/shared/message_row.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

namespace ui {

MessageRow::MessageRow(
    MessageBar::Kind kind, const QString& text, const QString& cause, QWidget* parent)
    : QFrame(parent)
    , m_kind(kind)
    , m_cause(cause)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(text, this))
{
    wrapLines(m_text);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setAccessibleName(kind == MessageBar::Kind::Error ? tr("Error: %1").arg(text)
            : kind == MessageBar::Kind::Warning               ? tr("Warning: %1").arg(text)
                                                              : text);
    auto* close = new QToolButton(this);
    close->setObjectName(QStringLiteral("closeMessage"));
    close->setIcon(icon(Icon::Close));
    close->setAutoRaise(true);
    close->setFocusPolicy(Qt::StrongFocus);
    close->setToolTip(tr("Close this message (Esc)"));
    close->setAccessibleName(tr("Close message"));
    connect(close, &QToolButton::clicked, this, &MessageRow::closed);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(pad(this), gap(this), gap(this), gap(this));
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    layout->addWidget(close, 0, Qt::AlignTop);
    showIcon();
}

QString MessageRow::text() const
{
    return m_text->text();
}

void MessageRow::showIcon()
{
    m_icon->setPixmap(icon(Icon::Warning).pixmap(em(this), em(this)));
    m_icon->setVisible(m_kind != MessageBar::Kind::Info);
}

void MessageRow::paintEvent(QPaintEvent*)
{
    const SemanticColors colors = semanticColors(palette());
    const bool isError = m_kind == MessageBar::Kind::Error,
               isWarning = m_kind == MessageBar::Kind::Warning;
    QPainter painter(this);
    painter.fillRect(rect(),
        isError         ? colors.errorBackground
            : isWarning ? colors.warningBackground
                        : palette().color(QPalette::AlternateBase));
    painter.fillRect(0, 0, gap(this), height(),
        isError         ? colors.error
            : isWarning ? colors.warning
                        : palette().color(QPalette::Highlight));
}

void MessageRow::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showIcon();
}

} // namespace ui
