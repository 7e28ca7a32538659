#include "ui/shared/token_strip.h"

#include "ui/shared/token_keys.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

namespace ui {

namespace {
constexpr int kPreferredColumns = 60;
}

TokenStrip::TokenStrip(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Tokens"));
}

void TokenStrip::setTokens(std::vector<StripToken> tokens)
{
    m_tokens = std::move(tokens);
    if (m_current >= countOf(m_tokens))
        m_current = -1;
    m_hovered = -1;
    changed();
}

void TokenStrip::setValues(const std::vector<float>& values)
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i)
        m_tokens[i].value = i < values.size() ? static_cast<double>(values[i]) : 0.0;
    update();
}

void TokenStrip::setScale(Scale scale, double maximum, const QString& unit)
{
    m_scale = scale;
    m_maximum = maximum;
    m_unit = unit;
    update();
}

void TokenStrip::setCurrent(int index)
{
    m_current = index >= 0 && index < countOf(m_tokens) ? index : -1;
    update();
}

void TokenStrip::setInteractive(bool isInteractive)
{
    m_isInteractive = isInteractive;
    setFocusPolicy(isInteractive ? Qt::StrongFocus : Qt::NoFocus);
}

void TokenStrip::setMaximumLines(int lines)
{
    m_maximumLines = lines;
    changed();
}

void TokenStrip::setBreaksLines(bool breaksLines)
{
    m_breaksLines = breaksLines;
    changed();
}

void TokenStrip::changed()
{
    m_layoutWidth = -1;
    QString text;
    for (const StripToken& token : m_tokens)
        text += token.text;
    setAccessibleDescription(text);
    updateGeometry();
    update();
}

QString TokenStrip::shownText(const StripToken& token) const
{
    QString shown = token.text;
    shown.replace(QLatin1Char('\n'), QStringLiteral("⏎"));
    shown.replace(QLatin1Char('\t'), QStringLiteral("⇥"));
    return shown.isEmpty() ? QStringLiteral("∅") : shown;
}

TokenStrip::Layout TokenStrip::layOut(int width) const
{
    Layout layout;
    layout.boxes.resize(m_tokens.size());
    const QFontMetrics metrics = fontMetrics();
    const int lineHeight = metrics.height() + gap(this), step = lineHeight + gap(this) / 2;
    const int side = std::max(1, gap(this) / 3);
    int x = 0, line = 0;
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        const QString shown = shownText(m_tokens[i]);
        const int w = std::min(metrics.horizontalAdvance(shown) + 2 * side, std::max(width, 1));
        if (x > 0 && x + w > width) {
            x = 0;
            ++line;
        }
        if (m_maximumLines > 0 && line >= m_maximumLines) {
            layout.isCut = true;
            line = m_maximumLines - 1;
            break;
        }
        layout.boxes[i] = QRect(x, line * step, w, lineHeight);
        x += w + 1;
        if (m_breaksLines && m_tokens[i].text.contains(QLatin1Char('\n'))
            && i + 1 < m_tokens.size()) {
            x = 0;
            ++line;
        }
    }
    layout.height = line * step + lineHeight + 1;
    return layout;
}

const TokenStrip::Layout& TokenStrip::currentLayout() const
{
    if (m_layoutWidth != width()) {
        m_layout = layOut(width());
        m_layoutWidth = width();
    }
    return m_layout;
}

QSize TokenStrip::sizeHint() const
{
    const int width = ex(this) * kPreferredColumns;
    return {width, layOut(width).height};
}

QSize TokenStrip::minimumSizeHint() const
{
    return {ex(this) * 8, em(this) + gap(this)};
}

int TokenStrip::heightForWidth(int width) const
{
    return layOut(width).height;
}

int TokenStrip::tokenAt(const QPoint& point) const
{
    const auto& boxes = currentLayout().boxes;
    for (int i = 0; i < countOf(boxes); ++i) {
        if (boxes[static_cast<std::size_t>(i)].adjusted(0, 0, 1, 0).contains(point))
            return i;
    }
    return -1;
}

QColor TokenStrip::colorOf(int index) const
{
    double maximum = std::fabs(m_maximum);
    if (maximum <= 0.0) {
        for (const StripToken& token : m_tokens)
            maximum = std::max(maximum, std::fabs(token.value));
    }
    const double value = m_tokens[static_cast<std::size_t>(index)].value;
    const double share = maximum > 0.0 ? value / maximum : 0.0;
    // Signed features fire below zero too.
    return m_scale == Scale::Sequential && share >= 0.0 ? sequentialColor(share, palette())
                                                        : divergingColor(share, palette());
}

void TokenStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Layout& layout = currentLayout();
    const SemanticColors colors = semanticColors(palette());
    for (int i = 0; i < countOf(m_tokens); ++i) {
        const StripToken& token = m_tokens[static_cast<std::size_t>(i)];
        const QRect box = layout.boxes[static_cast<std::size_t>(i)];
        if (box.isNull())
            break;
        QColor ink = token.isSpecial ? colors.subtle : palette().color(QPalette::Text);
        if (token.value != 0.0) {
            const QColor fill = colorOf(i);
            painter.fillRect(box, fill);
            if (!token.isSpecial)
                ink = textOn(fill);
            if (m_scale == Scale::Diverging || token.value < 0.0) {
                const int bar = std::max(1, gap(this) / 3);
                painter.fillRect(box.left(), token.value > 0 ? box.bottom() - bar + 1 : box.top(),
                    box.width(), bar, divergingColor(token.value > 0 ? 1.0 : -1.0, palette()));
            }
        } else if (m_isInteractive) {
            painter.fillRect(box, palette().color(QPalette::AlternateBase));
        }
        painter.setPen(ink);
        painter.drawText(box, Qt::AlignCenter | Qt::TextSingleLine, shownText(token));
        if (i == m_hovered && m_isInteractive) {
            painter.setPen(colors.subtle);
            painter.drawRect(box.adjusted(0, 0, -1, -1));
        }
        if (i == m_current) {
            painter.setPen(QPen(palette().color(QPalette::Highlight), hasFocus() ? 3 : 2));
            painter.drawRect(box.adjusted(1, 1, -1, -1));
        }
    }
    if (layout.isCut) {
        painter.setPen(colors.subtle);
        painter.drawText(rect(), Qt::AlignRight | Qt::AlignBottom, QStringLiteral("…"));
    }
    if (hasFocus() && m_current < 0) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void TokenStrip::choose(int index)
{
    if (index < 0 || index >= countOf(m_tokens) || index == m_current)
        return;
    m_current = index;
    update();
    Q_EMIT currentChanged(index);
}

void TokenStrip::mousePressEvent(QMouseEvent* event)
{
    if (!m_isInteractive || event->button() != Qt::LeftButton) {
        QWidget::mousePressEvent(event);
        return;
    }
    const int index = tokenAt(event->pos());
    choose(index);
    if (index >= 0)
        Q_EMIT activated(index);
}

void TokenStrip::mouseMoveEvent(QMouseEvent* event)
{
    const int index = tokenAt(event->pos());
    if (index == m_hovered)
        return;
    m_hovered = index;
    update();
    Q_EMIT hovered(index);
}

void TokenStrip::leaveEvent(QEvent* event)
{
    m_hovered = -1;
    update();
    Q_EMIT hovered(-1);
    QWidget::leaveEvent(event);
}

void TokenStrip::keyPressEvent(QKeyEvent* event)
{
    if (const auto index = tokenForKey(event->key(), m_current, countOf(m_tokens), 0))
        choose(*index);
    else if (event->key() != Qt::Key_Space)
        QWidget::keyPressEvent(event);
    else if (m_current >= 0)
        Q_EMIT activated(m_current);
}

bool TokenStrip::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int index = tokenAt(help->pos());
        if (index < 0) {
            QToolTip::hideText();
        } else {
            const StripToken& token = m_tokens[static_cast<std::size_t>(index)];
            const QString first = token.note.isEmpty() ? visibleToken(token.text) : token.note;
            QToolTip::showText(help->globalPos(),
                //: a token, its value and the unit of the value
                tr("%1\n%2 %3").arg(first, formatNumber(token.value), m_unit), this);
        }
        return true;
    }
    if (event->type() == QEvent::FontChange)
        changed();
    return QWidget::event(event);
}

void TokenStrip::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_layoutWidth = -1;
}

} // namespace ui
