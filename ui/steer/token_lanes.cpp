#include "ui/steer/token_lanes.h"

#include "ui/shared/token_keys.h"
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

namespace {
constexpr int kFewestColumns = 24; // a short text's bars are not as wide as words
}

TokenLanes::TokenLanes(QWidget* parent)
    : QWidget(parent)
    , m_all{{&core::TokenFigures::lambda, tr("let through (λ)"), QStringLiteral("λ"),
                tr("λ: how much of the steering the guard let through, from 0 (none: the token is "
                   "the unsteered model's own choice) to 1 (all)"),
                0},
          {&core::TokenFigures::deltaNormRatio, tr("strength (‖Δ‖/‖x‖)"), QStringLiteral("‖Δ‖/‖x‖"),
              tr("‖Δ‖/‖x‖: how large the change was beside the activation that it was made to"), 1},
          {&core::TokenFigures::kl, tr("KL (nats)"), QStringLiteral("KL"),
              tr("KL, nats: how far the change alone moves the choice of this token from the "
                 "unsteered model's, given the same text"),
              2}}
    , m_unguarded(m_all.begin() + 1, m_all.end())
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Figures of each steered token"));
    clear(false);
}

void TokenLanes::clear(bool hasGuard)
{
    m_tokens.clear();
    m_hasGuard = hasGuard;
    m_current = m_hovered = -1;
    setAccessibleDescription({});
    updateGeometry();
    update();
}

void TokenLanes::append(const LaneToken& token)
{
    m_tokens.push_back(token);
    update();
}

void TokenLanes::finish()
{
    setAccessibleDescription(toTable());
}

int TokenLanes::count() const
{
    return countOf(m_tokens);
}

void TokenLanes::setCurrent(int index)
{
    m_current = index >= 0 && index < count() ? index : -1;
    update();
}

QString TokenLanes::toTable() const
{
    QString text = tr("token\ttext\tlambda\tKL in nats\tspent in nats\tdelta norm ratio\n");
    for (int i = 0; i < count(); ++i) {
        const LaneToken& token = m_tokens[static_cast<std::size_t>(i)];
        text += QStringLiteral("%1\t%2\t%3\t%4\t%5\t%6\n")
                    .arg(i + 1)
                    .arg(visibleToken(token.text))
                    .arg(static_cast<double>(token.figures.lambda))
                    .arg(static_cast<double>(token.figures.kl))
                    .arg(static_cast<double>(token.figures.spent))
                    .arg(static_cast<double>(token.figures.deltaNormRatio));
    }
    return text;
}

QString TokenLanes::tooltipOf(int index) const
{
    const LaneToken& token = m_tokens[static_cast<std::size_t>(index)];
    const auto number = [](float value) { return formatNumber(static_cast<double>(value)); };
    QString text = tr("token %1: %2").arg(index + 1).arg(visibleToken(token.text));
    if (m_hasGuard)
        text += tr("\nlet through: λ %1\nspent: %2 nats")
                    .arg(number(token.figures.lambda), number(token.figures.spent));
    return text
        + tr("\nKL of the change alone: %1 nats\n‖Δ‖/‖x‖: %2\nsurprisal: %3 nats")
              .arg(number(token.figures.kl), number(token.figures.deltaNormRatio),
                  number(token.figures.surprisal));
}

double TokenLanes::largest(const Lane& lane) const
{
    double largest = lane.figure == &core::TokenFigures::lambda ? 1.0 : 0.0;
    for (const LaneToken& token : m_tokens) {
        const auto value = static_cast<double>(token.figures.*lane.figure);
        if (std::isfinite(value))
            largest = std::max(largest, value);
    }
    return largest;
}

QString TokenLanes::maximumText(const Lane& lane) const
{
    return m_tokens.empty() ? QString() : formatNumber(largest(lane), 2);
}

int TokenLanes::laneHeight() const
{
    return em(this) + gap(this);
}

QSize TokenLanes::sizeHint() const
{
    return {ex(this) * 40, laneHeight() * countOf(lanes())};
}

QSize TokenLanes::minimumSizeHint() const
{
    return {ex(this) * 14, laneHeight() * countOf(lanes())};
}

QString TokenLanes::nameShown(const Lane& lane) const
{
    return width() > ex(this) * 50 ? lane.name : lane.symbol;
}

QRectF TokenLanes::bars() const
{
    int names = 0, maxima = fontMetrics().horizontalAdvance(QStringLiteral("0.00"));
    for (const Lane& lane : lanes()) {
        names = std::max(names, fontMetrics().horizontalAdvance(nameShown(lane)));
        maxima = std::max(maxima, fontMetrics().horizontalAdvance(maximumText(lane)));
    }
    return QRectF(rect()).adjusted(names + pad(this), 0, -maxima - pad(this), 0);
}

double TokenLanes::columnWidth() const
{
    return bars().width() / std::max(kFewestColumns, count());
}

int TokenLanes::tokenAt(const QPoint& point) const
{
    const QRectF area = bars();
    if (!area.contains(point) || columnWidth() <= 0)
        return -1;
    const int index = static_cast<int>((point.x() - area.left()) / columnWidth());
    return index < count() ? index : -1;
}

void TokenLanes::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const SemanticColors colors = semanticColors(palette());
    const QRectF area = bars();
    const double width = columnWidth();
    const double space = width > 4 ? 1 : 0; // between columns that can be told apart
    for (std::size_t at = 0; at < lanes().size(); ++at) {
        const Lane& lane = lanes()[at];
        const QRectF row(0, static_cast<double>(at) * laneHeight(), this->width(), laneHeight());
        painter.setPen(colors.subtle);
        painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, nameShown(lane));
        painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, maximumText(lane));
        const double bottom = row.bottom() - 1, most = row.height() - gap(this) / 2.0 - 1;
        painter.fillRect(QRectF(area.left(), bottom, area.width(), 1), colors.grid);
        const double scale = largest(lane);
        const QColor color = seriesColor(lane.color, palette());
        for (std::size_t i = 0; i < m_tokens.size(); ++i) {
            const double x = area.left() + width * static_cast<double>(i);
            const auto value = static_cast<double>(m_tokens[i].figures.*lane.figure);
            const double share
                = scale > 0 && std::isfinite(value) ? std::clamp(value / scale, 0.0, 1.0) : 0;
            if (lane.figure == &core::TokenFigures::lambda)
                painter.fillRect(
                    QRectF(x, bottom - most, width - space, most), colors.grid); // held back
            painter.fillRect(QRectF(x, bottom - most * share, width - space, most * share), color);
        }
    }
    const auto frame = [&](int index, const QPen& pen) {
        painter.setPen(pen);
        painter.drawRect(QRectF(area.left() + width * index - 1, 0, std::max(width, 3.0) + 1,
            laneHeight() * countOf(lanes()) - 1));
    };
    if (m_hovered >= 0)
        frame(m_hovered, colors.subtle);
    if (m_current >= 0)
        frame(m_current, QPen(palette().color(QPalette::Highlight), hasFocus() ? 2 : 1));
    else if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.drawRect(area.adjusted(0, 0, -1, -1));
    }
}

void TokenLanes::choose(int index)
{
    if (index < 0 || index >= count())
        return;
    setCurrent(index);
    Q_EMIT chosen(index);
}

void TokenLanes::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        choose(tokenAt(event->pos()));
    else
        QWidget::mousePressEvent(event);
}

void TokenLanes::mouseMoveEvent(QMouseEvent* event)
{
    m_hovered = tokenAt(event->pos());
    update();
}

void TokenLanes::leaveEvent(QEvent* event)
{
    m_hovered = -1;
    update();
    QWidget::leaveEvent(event);
}

void TokenLanes::keyPressEvent(QKeyEvent* event)
{
    // Texts grow at their end, so that is where one begins to look back.
    if (const auto index = tokenForKey(event->key(), m_current, count(), count() - 1))
        choose(*index);
    else
        QWidget::keyPressEvent(event);
}

void TokenLanes::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.addAction(
        tr("Copy as table"), this, [this] { QGuiApplication::clipboard()->setText(toTable()); });
    menu.exec(event->globalPos());
}

bool TokenLanes::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int index = tokenAt(help->pos());
        const auto lane = static_cast<std::size_t>(std::max(0, help->y() / laneHeight()));
        QString text;
        if (index >= 0)
            text = tooltipOf(index);
        else if (lane < lanes().size())
            text = lanes()[lane].what + tr(". A column for each token.");
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    return QWidget::event(event);
}

} // namespace ui
