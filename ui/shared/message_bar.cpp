#include "ui/shared/message_bar.h"

#include "ui/session/session.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

namespace ui {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_close(new QToolButton(this))
{
    m_icon->setPixmap(icon(Icon::Warning).pixmap(em(this), em(this)));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_close->setIcon(icon(Icon::Close));
    m_close->setAutoRaise(true);
    m_close->setToolTip(tr("Close this message (Esc)"));
    m_close->setAccessibleName(tr("Close message"));
    connect(m_close, &QToolButton::clicked, this, &MessageBar::clear);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(pad(this), gap(this), gap(this), gap(this));
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_close, 0, Qt::AlignTop);
    hide();
}

void MessageBar::showMessage(Kind kind, const QString& text)
{
    m_kind = kind;
    m_text->setText(text);
    m_icon->setPixmap(icon(Icon::Warning).pixmap(em(this), em(this)));
    m_icon->setVisible(kind != Kind::Info);
    setAccessibleName(kind == Kind::Error ? tr("Error: %1").arg(text) : text);
    show();
    update();
}

void MessageBar::showErrorsOf(Session* session, const QList<QLatin1String>& tags)
{
    connect(session, &Session::errorOccurred, this,
        [this, tags](const QString& tag, const QString& message) {
            const auto isTag = [&](QLatin1String own) { return own == tag; };
            if (std::any_of(tags.begin(), tags.end(), isTag))
                showError(message);
        });
}

void MessageBar::clear()
{
    m_text->clear();
    hide();
}

QString MessageBar::text() const
{
    return m_text->text();
}

void MessageBar::paintEvent(QPaintEvent*)
{
    const SemanticColors colors = semanticColors(palette());
    const QColor edge = m_kind == Kind::Error ? colors.error
        : m_kind == Kind::Warning             ? colors.warning
                                              : palette().color(QPalette::Highlight);
    const QColor fill = m_kind == Kind::Error ? colors.errorBackground
        : m_kind == Kind::Warning             ? colors.warningBackground
                                              : palette().color(QPalette::AlternateBase);
    QPainter painter(this);
    painter.fillRect(rect(), fill);
    painter.fillRect(0, 0, gap(this), height(), edge);
}

void MessageBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        clear();
    else
        QFrame::keyPressEvent(event);
}

} // namespace ui
