#include "ui/circuit/canvas/canvas_legend.h"

#include "ui/style/metrics.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <QEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>

namespace ui {

namespace {

constexpr double kMostOfCanvas = 0.5;
constexpr double kMostHidden = 1; // nodes
constexpr float kVeil = 0.94f; // edges shimmer through, words stay easy to read

} // namespace

CanvasLegend::CanvasLegend(QWidget* canvas)
    : QWidget(canvas)
    , m_button(new QToolButton(this))
{
    setObjectName(QStringLiteral("canvasLegend"));
    setCursor(Qt::ArrowCursor);
    m_button->setObjectName(QStringLiteral("legendButton"));
    m_button->setText(tr("Legend"));
    m_button->setCheckable(true);
    m_button->setAutoRaise(true);
    m_button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_button->setToolTip(tr("What the marks of the graph mean"));
    connect(m_button, &QToolButton::toggled, this, [this](bool isOn) {
        m_isPressed = isOn;
        if (std::exchange(m_isWanted, isOn) != isOn)
            Q_EMIT wantedChanged(isOn);
        updateButton();
        Q_EMIT contentChanged();
    });
    updateButton();
    hide();
}

void CanvasLegend::setLegend(CircuitLegend legend)
{
    m_legend = std::move(legend);
    setVisible(!m_legend.isEmpty());
    setAccessibleDescription(m_legend.texts().join(QStringLiteral("; ")));
    m_button->setAccessibleDescription(accessibleDescription());
    Q_EMIT contentChanged();
    update();
}

void CanvasLegend::setWanted(bool isWanted)
{
    if (m_isWanted == isWanted)
        return;
    m_isWanted = isWanted;
    m_isPressed = false;
    updateButton();
    Q_EMIT contentChanged();
}

bool CanvasLegend::isOpen() const
{
    return m_isWanted && (m_hasRoom || m_isPressed);
}

void CanvasLegend::updateButton()
{
    const QSignalBlocker blocker(m_button);
    m_button->setChecked(isOpen());
    m_button->setArrowType(isOpen() ? Qt::DownArrow : Qt::RightArrow);
    m_button->adjustSize();
}

QSize CanvasLegend::sizeFor(double width) const
{
    const QSizeF entries = m_legend.size(font(), width);
    const int margin = gap(this);
    return {std::max(static_cast<int>(std::ceil(entries.width())) + 4 * margin,
                m_button->sizeHint().width() + 2 * margin),
        m_button->sizeHint().height() + static_cast<int>(std::ceil(entries.height())) + 3 * margin};
}

CanvasLegend::Place CanvasLegend::bestCorner(const QRectF& room, QSize size, const Cost& cost)
{
    const double right = std::max(room.left(), room.right() - size.width()),
                 bottom = std::max(room.top(), room.bottom() - size.height());
    Place best{{}, std::numeric_limits<double>::infinity()};
    for (const QPointF& corner : {room.topLeft(), QPointF(right, room.top()),
             QPointF(room.left(), bottom), QPointF(right, bottom)})
        if (const double hidden = cost(QRectF(corner, QSizeF(size))); hidden < best.hidden)
            best = {corner, hidden};
    return best;
}

void CanvasLegend::placeIn(const QRectF& room, const Cost& cost)
{
    if (m_legend.isEmpty())
        return;
    // One entry in a line, which is easiest to read, unless more of them in a line hide less.
    const double column = m_legend.columnWidth(font());
    const double widest = std::max(column, room.width() - 4 * gap(this));
    Place place{{}, 0};
    bool isFirst = true, isFitting = false;
    for (const double width : {column, std::min(2.2 * column, widest), widest}) {
        const QSize size = sizeFor(width);
        const Place best = bestCorner(room, size, cost);
        const bool fits = size.width() <= room.width() && size.height() <= room.height()
            && static_cast<double>(size.width()) * size.height()
                <= kMostOfCanvas * room.width() * room.height();
        if (isFirst || (fits && (!isFitting || best.hidden < place.hidden))) {
            place = best;
            m_width = width;
            m_hasRoom = fits && best.hidden <= kMostHidden;
        }
        isFirst = false;
        isFitting = isFitting || fits;
    }
    updateButton();
    const QSize size = isOpen() ? sizeFor(m_width) : m_button->sizeHint();
    m_button->move(isOpen() ? QPoint(gap(this), gap(this)) : QPoint());
    if (!isOpen())
        place = bestCorner(room, size, cost);
    setGeometry(QRect(place.corner.toPoint(), size));
    update();
}

void CanvasLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor ground = palette().color(QPalette::Base);
    ground.setAlphaF(kVeil);
    painter.setPen(QPen(semanticColors(palette()).grid, 1));
    painter.setBrush(ground);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    if (!isOpen())
        return;
    painter.translate(2 * gap(this), m_button->geometry().bottom() + 1 + gap(this) / 2);
    m_legend.paint(painter, font(), palette(), m_width);
}

// What lies under the box cannot be seen and is not to be clicked.
void CanvasLegend::mousePressEvent(QMouseEvent* event)
{
    event->accept();
}

void CanvasLegend::mouseReleaseEvent(QMouseEvent* event)
{
    event->accept();
}

void CanvasLegend::mouseDoubleClickEvent(QMouseEvent* event)
{
    event->accept();
}

void CanvasLegend::enterEvent(QEnterEvent* event)
{
    QWidget::enterEvent(event);
    Q_EMIT entered();
}

void CanvasLegend::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        updateButton();
        Q_EMIT contentChanged();
    }
}

} // namespace ui
