#include "ui/shared/drop_hint.h"

#include "ui/style/metrics.h"

#include <QPainter>

namespace ui {

DropHint::DropHint(const QString& text, QWidget* parent)
    : QWidget(parent)
    , m_text(text)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    setAccessibleName(text);
    hide();
}

void DropHint::cover()
{
    setGeometry(parentWidget()->rect());
    raise();
    show();
}

void DropHint::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QColor veil = palette().color(QPalette::Window);
    veil.setAlphaF(0.86f);
    painter.fillRect(rect(), veil);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(palette().color(QPalette::Highlight), gap(this) / 2.0, Qt::DashLine));
    const QRect frame
        = rect().adjusted(2 * pad(this), 2 * pad(this), -2 * pad(this), -2 * pad(this));
    painter.drawRoundedRect(frame, pad(this), pad(this));
    QFont large = font();
    if (large.pointSizeF() > 0)
        large.setPointSizeF(large.pointSizeF() * 1.35);
    painter.setFont(large);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(frame.adjusted(pad(this), pad(this), -pad(this), -pad(this)),
        Qt::AlignCenter | Qt::TextWordWrap, m_text);
}

} // namespace ui
