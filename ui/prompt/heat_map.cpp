#include "ui/prompt/heat_map.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

namespace ui {

namespace {
constexpr int kTitleColumns = 34; // characters of a row's title
constexpr int kTokenColumns = 12; // characters of a column's title, written upwards
} // namespace

HeatMap::HeatMap(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setAutoFillBackground(true);
    setAccessibleName(tr("Heat map of features and tokens"));
}

void HeatMap::setData(std::vector<QString> columns, std::vector<HeatMapRow> rows)
{
    m_columns = std::move(columns);
    m_rows = std::move(rows);
    m_maximum = 0.0;
    for (const HeatMapRow& row : m_rows) {
        for (const float value : row.values)
            m_maximum = std::max(m_maximum, static_cast<double>(value));
    }
    m_row = m_column = m_hoverRow = m_hoverColumn = -1;
    setAccessibleDescription(tr("%n features", nullptr, countOf(m_rows)));
    updateScrollBars();
    viewport()->update();
}

int HeatMap::rowCount() const
{
    return countOf(m_rows);
}

int HeatMap::columnCount() const
{
    return countOf(m_columns);
}

int HeatMap::headerWidth() const
{
    return std::min(ex(this) * kTitleColumns, viewport()->width() / 2);
}

int HeatMap::headerHeight() const
{
    int width = em(this);
    for (const QString& column : m_columns)
        width = std::max(width, fontMetrics().horizontalAdvance(column));
    return std::min(width, ex(this) * kTokenColumns) + gap(this);
}

QSize HeatMap::cellSize() const
{
    const int rest = viewport()->width() - headerWidth() - 1;
    const int even = m_columns.empty() ? 0 : rest / countOf(m_columns);
    return {std::clamp(even, em(this), em(this) * 4), em(this) + gap(this)};
}

QRect HeatMap::cellRect(int row, int column) const
{
    const QSize cell = cellSize();
    return {headerWidth() + column * cell.width() - horizontalScrollBar()->value(),
        headerHeight() + row * cell.height() - verticalScrollBar()->value(), cell.width(),
        cell.height()};
}

void HeatMap::cellAt(const QPoint& point, int& row, int& column) const
{
    const QSize cell = cellSize();
    const int x = point.x() - headerWidth(), y = point.y() - headerHeight();
    row = y < 0 ? -1 : (y + verticalScrollBar()->value()) / cell.height();
    column = x < 0 ? -1 : (x + horizontalScrollBar()->value()) / cell.width();
    if (row >= rowCount())
        row = -1;
    if (column >= columnCount())
        column = -1;
}

QString HeatMap::describe(int row, int column) const
{
    if (row < 0 || row >= rowCount())
        return {};
    const HeatMapRow& data = m_rows[static_cast<std::size_t>(row)];
    QString text = data.title;
    if (!data.detail.isEmpty())
        text += QLatin1Char('\n') + data.detail;
    if (column >= 0 && column < countOf(data.values))
        //: %1 is a token, %2 a number
        text += QLatin1Char('\n')
            + tr("“%1”: activation %2")
                  .arg(m_columns[static_cast<std::size_t>(column)],
                      formatNumber(
                          static_cast<double>(data.values[static_cast<std::size_t>(column)])));
    return text;
}

QString HeatMap::toTable() const
{
    QString text = tr("feature");
    for (const QString& column : m_columns)
        text += QLatin1Char('\t') + column;
    for (const HeatMapRow& row : m_rows) {
        text += QLatin1Char('\n') + row.title;
        for (const float value : row.values)
            text += QLatin1Char('\t') + QString::number(static_cast<double>(value));
    }
    return text + QLatin1Char('\n');
}

void HeatMap::paintRowTitles(QPainter& painter, int first, int last) const
{
    painter.save();
    painter.setClipRect(0, headerHeight(), headerWidth(), viewport()->height());
    for (int row = first; row <= last; ++row) {
        const QRect cell = cellRect(row, 0);
        const QRect box(0, cell.top(), headerWidth() - gap(this), cell.height());
        const bool isCurrent = row == m_row;
        if (isCurrent)
            painter.fillRect(
                box.adjusted(0, 0, gap(this), 0), palette().color(QPalette::Highlight));
        else if (row == m_hoverRow)
            painter.fillRect(box, palette().color(QPalette::AlternateBase));
        painter.setPen(palette().color(isCurrent ? QPalette::HighlightedText : QPalette::Text));
        painter.drawText(box.adjusted(gap(this), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
            fontMetrics().elidedText(m_rows[static_cast<std::size_t>(row)].title, Qt::ElideRight,
                box.width() - gap(this)));
    }
    painter.restore();
}

void HeatMap::paintColumnTitles(QPainter& painter, int first, int last) const
{
    painter.save();
    painter.setClipRect(headerWidth(), 0, viewport()->width(), headerHeight());
    for (int column = first; column <= last; ++column) {
        const QRect cell = cellRect(0, column);
        const bool isCurrent = column == m_column;
        if (isCurrent)
            painter.fillRect(
                cell.left(), 0, cell.width(), headerHeight(), palette().color(QPalette::Highlight));
        painter.setPen(palette().color(isCurrent ? QPalette::HighlightedText : QPalette::Text));
        painter.save();
        painter.translate(
            cell.center().x() + fontMetrics().ascent() / 2, headerHeight() - gap(this) / 2);
        painter.rotate(-90);
        painter.drawText(0, 0,
            fontMetrics().elidedText(m_columns[static_cast<std::size_t>(column)], Qt::ElideRight,
                headerHeight() - gap(this)));
        painter.restore();
    }
    painter.restore();
}

void HeatMap::paintEvent(QPaintEvent*)
{
    if (m_rows.empty() || m_columns.empty())
        return;
    QPainter painter(viewport());
    const QSize cell = cellSize();
    const int firstRow = verticalScrollBar()->value() / cell.height();
    const int lastRow
        = std::min(rowCount() - 1, firstRow + viewport()->height() / cell.height() + 1);
    const int firstColumn = horizontalScrollBar()->value() / cell.width();
    const int lastColumn
        = std::min(columnCount() - 1, firstColumn + viewport()->width() / cell.width() + 1);
    const QColor grid = semanticColors(palette()).grid;

    painter.save();
    painter.setClipRect(headerWidth(), headerHeight(), viewport()->width(), viewport()->height());
    for (int row = firstRow; row <= lastRow; ++row) {
        const HeatMapRow& data = m_rows[static_cast<std::size_t>(row)];
        const double scale = data.scale > 0.0 ? data.scale : m_maximum;
        const QRect line = cellRect(row, 0);
        painter.setPen(grid);
        painter.drawLine(
            headerWidth(), line.bottom(), cellRect(row, lastColumn).right(), line.bottom());
        for (int column = firstColumn; column <= lastColumn && column < countOf(data.values);
             ++column) {
            const double value = static_cast<double>(data.values[static_cast<std::size_t>(column)]);
            if (value > 0.0 && scale > 0.0)
                painter.fillRect(cellRect(row, column).adjusted(0, 0, -1, -1),
                    sequentialColor(0.15 + 0.85 * value / scale, palette()));
        }
    }
    const auto outline = [&](int row, int column, int width, const QColor& color) {
        if (row < 0 || column < 0)
            return;
        painter.setPen(QPen(color, width));
        painter.drawRect(cellRect(row, column).adjusted(0, 0, -1, -1));
    };
    outline(m_hoverRow, m_hoverColumn, 1, semanticColors(palette()).subtle);
    outline(m_row, m_column, hasFocus() ? 3 : 2, palette().color(QPalette::Highlight));
    painter.restore();
    paintRowTitles(painter, firstRow, lastRow);
    paintColumnTitles(painter, firstColumn, lastColumn);
    painter.setPen(grid);
    painter.drawLine(headerWidth() - 1, 0, headerWidth() - 1, viewport()->height());
    painter.drawLine(0, headerHeight() - 1, viewport()->width(), headerHeight() - 1);
}

void HeatMap::updateScrollBars()
{
    const QSize cell = cellSize();
    const QSize room(viewport()->width() - headerWidth(), viewport()->height() - headerHeight());
    verticalScrollBar()->setRange(0, std::max(0, rowCount() * cell.height() - room.height()));
    verticalScrollBar()->setPageStep(std::max(1, room.height()));
    verticalScrollBar()->setSingleStep(cell.height());
    horizontalScrollBar()->setRange(0, std::max(0, columnCount() * cell.width() - room.width()));
    horizontalScrollBar()->setPageStep(std::max(1, room.width()));
    horizontalScrollBar()->setSingleStep(cell.width());
}

void HeatMap::resizeEvent(QResizeEvent*)
{
    updateScrollBars();
}

void HeatMap::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateScrollBars();
}

void HeatMap::setCurrent(int row, int column)
{
    m_row = row < rowCount() ? row : -1;
    m_column = column < columnCount() ? column : -1;
    viewport()->update();
}

void HeatMap::choose(int row, int column)
{
    row = std::clamp(row, 0, rowCount() - 1);
    column = std::clamp(column, -1, columnCount() - 1);
    if (rowCount() == 0 || (row == m_row && column == m_column))
        return;
    m_row = row;
    m_column = column;
    const QRect cell = cellRect(row, std::max(0, column));
    if (cell.top() < headerHeight())
        verticalScrollBar()->setValue(verticalScrollBar()->value() - (headerHeight() - cell.top()));
    else if (cell.bottom() > viewport()->height())
        verticalScrollBar()->setValue(
            verticalScrollBar()->value() + cell.bottom() - viewport()->height());
    if (column >= 0 && cell.left() < headerWidth())
        horizontalScrollBar()->setValue(
            horizontalScrollBar()->value() - (headerWidth() - cell.left()));
    else if (column >= 0 && cell.right() > viewport()->width())
        horizontalScrollBar()->setValue(
            horizontalScrollBar()->value() + cell.right() - viewport()->width());
    viewport()->update();
    Q_EMIT currentChanged(row, column);
}

void HeatMap::mousePressEvent(QMouseEvent* event)
{
    int row = -1, column = -1;
    cellAt(event->pos(), row, column);
    if (event->button() == Qt::LeftButton && row >= 0)
        choose(row, column >= 0 ? column : m_column);
}

void HeatMap::mouseMoveEvent(QMouseEvent* event)
{
    cellAt(event->pos(), m_hoverRow, m_hoverColumn);
    viewport()->update();
}

void HeatMap::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Up:
        choose(m_row - 1, m_column);
        break;
    case Qt::Key_Down:
        choose(m_row + 1, m_column);
        break;
    case Qt::Key_Left:
        choose(m_row, std::max(0, m_column - 1));
        break;
    case Qt::Key_Right:
        choose(m_row, m_column + 1);
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

bool HeatMap::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        int row = -1, column = -1;
        cellAt(help->pos(), row, column);
        QToolTip::showText(help->globalPos(), describe(row, column), viewport());
        return true;
    }
    if (event->type() == QEvent::Leave) {
        m_hoverRow = m_hoverColumn = -1;
        viewport()->update();
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace ui
