#include "ui/shared/notice.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

namespace ui {

Notice::Notice(QWidget* parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
{
    wrapLines(m_text);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    hide();
}

void Notice::say(Kind kind, const QString& text)
{
    m_kind = kind;
    m_text->setText(text);
    setAccessibleName(
        kind == Kind::Warning && !text.isEmpty() ? tr("Warning: %1").arg(text) : text);
    paintKind();
    setVisible(!text.isEmpty());
}

QString Notice::text() const
{
    return m_text->text();
}

void Notice::paintKind()
{
    m_icon->setVisible(m_kind != Kind::Info);
    m_icon->setPixmap(
        icon(m_kind == Kind::Good ? Icon::Check : Icon::Warning).pixmap(em(this), em(this)));
    const SemanticColors colors = semanticColors(palette());
    QPalette mine = palette();
    mine.setColor(QPalette::WindowText,
        m_kind == Kind::Good          ? colors.good
            : m_kind == Kind::Warning ? colors.warning
                                      : palette().color(QPalette::Text));
    m_text->setPalette(mine);
}

void Notice::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        paintKind();
}

} // namespace ui
