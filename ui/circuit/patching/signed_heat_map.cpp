#include "ui/circuit/patching/signed_heat_map.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

namespace ui {

SignedHeatMap::SignedHeatMap(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setAutoFillBackground(true);
    setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* copy = new QAction(icon(Icon::Copy), tr("Copy map as table"), this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    addAction(copy);
    connect(copy, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(m_map.toTable()); });
}

void SignedHeatMap::setMap(SignedMap map)
{
    const bool isAlike
        = map.rows.size() == m_map.rows.size() && map.columns.size() == m_map.columns.size();
    m_map = std::move(map);
    m_marks.hoverRow = m_marks.hoverColumn = -1;
    if (!isAlike)
        m_marks.row = m_marks.column = -1;
    setAccessibleName(tr("Heat map: %1").arg(m_map.title));
    describeCurrent();
    updateLayout();
}

QRect SignedHeatMap::mapArea() const
{
    return viewport()->rect().adjusted(0, 0, 0, -(em(this) + gap(this)));
}

QRect SignedHeatMap::cellRect(int row, int column) const
{
    return m_layout.cellRect(row, column)
        .translated(-horizontalScrollBar()->value(), -verticalScrollBar()->value());
}

void SignedHeatMap::cellAt(const QPoint& point, int& row, int& column) const
{
    row = column = -1;
    if (m_map.isEmpty() || !mapArea().contains(point))
        return;
    const int x = point.x() - m_layout.headerWidth, y = point.y() - m_layout.headerHeight;
    if (y >= 0)
        row = (y + verticalScrollBar()->value()) / m_layout.cell.height();
    if (x >= 0)
        column = (x + horizontalScrollBar()->value()) / m_layout.cell.width();
    if (row >= m_layout.rows)
        row = -1;
    if (column >= m_layout.columns)
        column = -1;
}

void SignedHeatMap::updateLayout()
{
    const QSize room = mapArea().size();
    m_layout = SignedMapLayout(m_map, font(), room);
    const QSize rest = m_map.isEmpty() ? QSize() : m_layout.size() - room;
    verticalScrollBar()->setRange(0, std::max(0, rest.height()));
    verticalScrollBar()->setPageStep(std::max(1, room.height() - m_layout.headerHeight));
    verticalScrollBar()->setSingleStep(std::max(1, m_layout.cell.height()));
    horizontalScrollBar()->setRange(0, std::max(0, rest.width()));
    horizontalScrollBar()->setPageStep(std::max(1, room.width() - m_layout.headerWidth));
    horizontalScrollBar()->setSingleStep(std::max(1, m_layout.cell.width()));
    viewport()->update();
}

void SignedHeatMap::paintEvent(QPaintEvent*)
{
    if (m_map.isEmpty())
        return;
    QPainter painter(viewport());
    SignedMapMarks marks = m_marks;
    marks.hasFocus = hasFocus();
    paintSignedMap(painter, m_map, m_layout, palette(), mapArea(),
        {horizontalScrollBar()->value(), verticalScrollBar()->value()}, marks);
    const QRect legend(m_layout.headerWidth, mapArea().bottom() + 1,
        viewport()->width() - m_layout.headerWidth, em(this) + gap(this));
    paintSignedLegend(painter, m_map, font(), palette(), legend);
}

void SignedHeatMap::resizeEvent(QResizeEvent*)
{
    updateLayout();
}

void SignedHeatMap::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateLayout();
}

void SignedHeatMap::describeCurrent()
{
    setAccessibleDescription(m_marks.row < 0 ? tr("%1 by %2; arrow keys choose a cell")
                                                   .arg(m_map.rows.size())
                                                   .arg(m_map.columns.size())
                                             : m_map.describe(m_marks.row, m_marks.column));
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
}

void SignedHeatMap::setCurrent(int row, int column)
{
    const bool isInside
        = row >= 0 && column >= 0 && row < m_layout.rows && column < m_layout.columns;
    m_marks.row = isInside ? row : -1;
    m_marks.column = isInside ? column : -1;
    if (isInside)
        scrollTo(row, column);
    describeCurrent();
    viewport()->update();
}

void SignedHeatMap::scrollTo(int row, int column)
{
    const QRect cell = cellRect(row, column), area = mapArea();
    if (cell.top() < m_layout.headerHeight)
        verticalScrollBar()->setValue(
            verticalScrollBar()->value() - (m_layout.headerHeight - cell.top()));
    else if (cell.bottom() > area.bottom())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + cell.bottom() - area.bottom());
    if (cell.left() < m_layout.headerWidth)
        horizontalScrollBar()->setValue(
            horizontalScrollBar()->value() - (m_layout.headerWidth - cell.left()));
    else if (cell.right() > area.right())
        horizontalScrollBar()->setValue(
            horizontalScrollBar()->value() + cell.right() - area.right());
}

void SignedHeatMap::choose(int row, int column)
{
    if (m_map.isEmpty())
        return;
    row = std::clamp(row, 0, m_layout.rows - 1);
    column = std::clamp(column, 0, m_layout.columns - 1);
    if (row == m_marks.row && column == m_marks.column)
        return;
    setCurrent(row, column);
    Q_EMIT currentChanged(row, column);
}

void SignedHeatMap::mousePressEvent(QMouseEvent* event)
{
    int row = -1, column = -1;
    cellAt(event->pos(), row, column);
    if (event->button() == Qt::LeftButton && row >= 0 && column >= 0)
        choose(row, column);
}

void SignedHeatMap::mouseDoubleClickEvent(QMouseEvent* event)
{
    int row = -1, column = -1;
    cellAt(event->pos(), row, column);
    if (event->button() == Qt::LeftButton && row >= 0 && column >= 0)
        Q_EMIT cellActivated(row, column);
}

void SignedHeatMap::mouseMoveEvent(QMouseEvent* event)
{
    cellAt(event->pos(), m_marks.hoverRow, m_marks.hoverColumn);
    viewport()->update();
}

void SignedHeatMap::keyPressEvent(QKeyEvent* event)
{
    const int row = m_marks.row, column = m_marks.column;
    switch (event->key()) {
    case Qt::Key_Up:
        return choose(row - 1, column);
    case Qt::Key_Down:
        return choose(row + 1, column);
    case Qt::Key_Left:
        return choose(row, column - 1);
    case Qt::Key_Right:
        return choose(row, column + 1);
    case Qt::Key_Home:
        return choose(row, 0);
    case Qt::Key_End:
        return choose(row, m_layout.columns - 1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (row >= 0)
            Q_EMIT cellActivated(row, column);
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void SignedHeatMap::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void SignedHeatMap::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

bool SignedHeatMap::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        int row = -1, column = -1;
        cellAt(help->pos(), row, column);
        QToolTip::showText(help->globalPos(), m_map.describe(row, column), viewport());
        return true;
    }
    if (event->type() == QEvent::Leave) {
        m_marks.hoverRow = m_marks.hoverColumn = -1;
        viewport()->update();
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace ui
