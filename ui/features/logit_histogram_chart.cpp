#include "ui/features/logit_histogram_chart.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QToolTip>

namespace ui {

LogitHistogramChart::LogitHistogramChart(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("logitHistogram"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(tr("Effect on the logits of the whole vocabulary"));
}

void LogitHistogramChart::setHistogram(core::LogitHistogram histogram)
{
    m_histogram = std::move(histogram);
    m_current = -1;
    setAccessibleDescription(tr("%1 tokens. Raised most: %2. Lowered most: %3.")
                                 .arg(formatCount(m_histogram.tokens), endText(m_histogram.highest),
                                     endText(m_histogram.lowest)));
    update();
}

QSize LogitHistogramChart::sizeHint() const
{
    return {ex(this) * 40, em(this) * 9};
}

QRectF LogitHistogramChart::plot() const
{
    const int line = fontMetrics().height();
    const double side = gap(this);
    return QRectF(rect()).adjusted(side, line * 2.3, -side, -line * 2.2);
}

double LogitHistogramChart::placeOf(double effect) const
{
    const QRectF box = plot();
    const double span = m_histogram.width * static_cast<double>(m_histogram.counts.size());
    return span > 0 ? box.left() + box.width() * (effect - m_histogram.low) / span : box.left();
}

int LogitHistogramChart::binAt(double x) const
{
    const QRectF box = plot();
    const int count = countOf(m_histogram.counts);
    if (count == 0 || x < box.left() || x > box.right())
        return -1;
    return std::min(count - 1, static_cast<int>((x - box.left()) / box.width() * count));
}

QString LogitHistogramChart::describeBin(int bin) const
{
    if (bin < 0 || bin >= countOf(m_histogram.counts))
        return {};
    // Edges are whole multiples of the width: what rounding left of 0 is 0.
    const auto edge = [&](int at) {
        return m_histogram.width * std::round(m_histogram.low / m_histogram.width + at);
    };
    return tr("effect %1 to %2 logits per unit of activation: %3 of %4 tokens")
        .arg(formatNumber(edge(bin), 2), formatNumber(edge(bin + 1), 2),
            formatCount(m_histogram.counts[static_cast<std::size_t>(bin)]),
            formatCount(m_histogram.tokens));
}

QString LogitHistogramChart::endText(const std::vector<core::LogitEffect>& effects) const
{
    QStringList tokens;
    for (const core::LogitEffect& effect : effects)
        tokens << QStringLiteral("%1 %2").arg(
            visibleToken(effect.text), formatNumber(static_cast<double>(effect.effect), 2));
    return tokens.join(QStringLiteral("  "));
}

QString LogitHistogramChart::toTable() const
{
    QString text = tr("from\tto\ttokens\n");
    for (int i = 0; i < countOf(m_histogram.counts); ++i)
        text += QStringLiteral("%1\t%2\t%3\n")
                    .arg(m_histogram.low + m_histogram.width * i)
                    .arg(m_histogram.low + m_histogram.width * (i + 1))
                    .arg(m_histogram.counts[static_cast<std::size_t>(i)]);
    return text;
}

void LogitHistogramChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const SemanticColors colors = semanticColors(palette());
    const QRectF box = plot();
    const int line = fontMetrics().height();
    const int count = countOf(m_histogram.counts);
    std::int64_t most = 1;
    for (const std::int64_t tokens : m_histogram.counts)
        most = std::max(most, tokens);
    const auto heightOf = [&](std::int64_t tokens) { // one token is seen beside ten thousand
        return box.height() * std::log1p(static_cast<double>(tokens) * 1.7)
            / std::log1p(static_cast<double>(most) * 1.7);
    };
    for (int i = 0; i < count; ++i) {
        const double from = m_histogram.low + m_histogram.width * i;
        const bool rises = from + m_histogram.width / 2 > 0;
        const double left = placeOf(from), right = placeOf(from + m_histogram.width);
        const double height = heightOf(m_histogram.counts[static_cast<std::size_t>(i)]);
        const QRectF bar(left, box.bottom() - height, std::max(1.0, right - left - 1.0), height);
        painter.fillRect(bar, divergingColor(rises ? 0.7 : -0.7, palette()));
        if (i == m_current) {
            painter.setPen(QPen(palette().color(QPalette::Text), 1));
            painter.drawRect(bar.adjusted(0, -1, 0, 0));
        }
    }
    painter.setPen(palette().color(QPalette::Text));
    painter.drawLine(box.bottomLeft(), box.bottomRight());

    // The tokens at both ends, each with a tick where it stands.
    const double half = box.width() / 2 - gap(this);
    const auto ends = [&](const std::vector<core::LogitEffect>& effects, const QString& what,
                          Qt::Alignment alignment, double left, double direction) {
        if (effects.empty())
            return;
        painter.setPen(colors.subtle);
        painter.drawText(
            QRectF(left, 0, half, line), static_cast<int>(alignment | Qt::AlignVCenter), what);
        painter.setPen(palette().color(QPalette::Text));
        const QString text
            = fontMetrics().elidedText(endText(effects), Qt::ElideRight, static_cast<int>(half));
        painter.drawText(
            QRectF(left, line, half, line), static_cast<int>(alignment | Qt::AlignVCenter), text);
        painter.setPen(QPen(divergingColor(direction, palette()), 2));
        for (const core::LogitEffect& effect : effects) {
            const double x = placeOf(static_cast<double>(effect.effect));
            painter.drawLine(QPointF(x, box.bottom()), QPointF(x, box.bottom() + line * 0.3));
        }
    };
    ends(m_histogram.lowest, tr("lowered most"), Qt::AlignLeft, box.left(), -1.0);
    ends(m_histogram.highest, tr("raised most"), Qt::AlignRight, box.right() - half, 1.0);

    painter.setPen(colors.subtle);
    const QRectF below(box.left(), box.bottom() + line * 0.3, box.width(), line);
    const double high = m_histogram.low + m_histogram.width * count;
    painter.drawText(below, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter),
        formatNumber(m_histogram.low, 2));
    painter.drawText(
        below, static_cast<int>(Qt::AlignRight | Qt::AlignVCenter), formatNumber(high, 2));
    const double zero = placeOf(0.0);
    const int zeroWidth = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    if (zero - box.left() > ex(this) * 6 && box.right() - zero > ex(this) * 6)
        painter.drawText(
            QPointF(zero - zeroWidth / 2.0, below.bottom() - line * 0.2), QStringLiteral("0"));
    QString axis = tr("logits per unit of activation; height: tokens (log)");
    if (fontMetrics().horizontalAdvance(axis) > width())
        axis = fontMetrics().elidedText(
            tr("logits per unit of activation"), Qt::ElideRight, width());
    painter.drawText(QRectF(0, height() - line, width(), line), Qt::AlignCenter, axis);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void LogitHistogramChart::setCurrent(int bin)
{
    if (bin == m_current)
        return;
    m_current = bin;
    update();
}

bool LogitHistogramChart::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), describeBin(binAt(help->pos().x())), this);
        return true;
    }
    return QWidget::event(event);
}

void LogitHistogramChart::mouseMoveEvent(QMouseEvent* event)
{
    setCurrent(binAt(event->position().x()));
    QToolTip::showText(event->globalPosition().toPoint(), describeBin(m_current), this);
}

void LogitHistogramChart::leaveEvent(QEvent*)
{
    setCurrent(-1);
}

void LogitHistogramChart::keyPressEvent(QKeyEvent* event)
{
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    const int count = countOf(m_histogram.counts);
    if (step == 0 || count == 0)
        return QWidget::keyPressEvent(event);
    // From the middle of things: where nothing is moved.
    const int from = m_current >= 0 ? m_current + step : binAt(placeOf(0.0));
    setCurrent(std::clamp(from, 0, count - 1));
    const QPointF at(
        placeOf(m_histogram.low + m_histogram.width * (m_current + 0.5)), plot().center().y());
    QToolTip::showText(mapToGlobal(at.toPoint()), describeBin(m_current), this);
}

void LogitHistogramChart::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.addAction(
        tr("Copy as table"), this, [this] { QGuiApplication::clipboard()->setText(toTable()); });
    menu.exec(event->globalPos());
}

} // namespace ui
