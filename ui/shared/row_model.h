#pragma once

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <functional>
#include <utility>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

inline constexpr Qt::Alignment kNumberAlignment = Qt::AlignRight | Qt::AlignVCenter;

template <typename Row> struct TableColumn {
    QString title;
    QString note; ///< Tooltip of the header.
    std::function<QString(const Row&)> text;
    Qt::Alignment alignment; ///< Of cells and header; none = the table's own.
    std::function<QVariant(const Row&)> bar; ///< For BarDelegate; may be empty.
};

/// A read-only table: a vector of rows, and columns that say what stands in a cell.
template <typename Row> class RowModel : public QAbstractTableModel {
public:
    using Columns = std::vector<TableColumn<Row>>;

    explicit RowModel(Columns columns, QObject* parent = nullptr)
        : QAbstractTableModel(parent)
        , m_columns(std::move(columns))
    {
    }

    void setRows(std::vector<Row> rows)
    {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
    }
    void addRow(Row row)
    {
        beginInsertRows({}, rowCount(), rowCount());
        m_rows.push_back(std::move(row));
        endInsertRows();
    }
    const std::vector<Row>& rows() const { return m_rows; }
    const Row* at(int row) const ///< Null out of range.
    {
        return row >= 0 && row < rowCount() ? &m_rows[static_cast<std::size_t>(row)] : nullptr;
    }

    int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : countOf(m_rows);
    }
    int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : countOf(m_columns);
    }
    QVariant data(const QModelIndex& index, int role) const override
    {
        const Row* row = index.isValid() ? at(index.row()) : nullptr;
        if (!row)
            return {};
        const TableColumn<Row>& column = m_columns[static_cast<std::size_t>(index.column())];
        if (role == Qt::DisplayRole)
            return column.text(*row);
        if (role == Qt::TextAlignmentRole)
            return alignmentOf(column);
        if (role == BarDelegate::kBarRole && column.bar)
            return column.bar(*row);
        return more(*row, index.column(), role);
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (orientation == Qt::Vertical || section < 0 || section >= columnCount())
            return {};
        const TableColumn<Row>& column = m_columns[static_cast<std::size_t>(section)];
        if (role == Qt::DisplayRole)
            return column.title;
        if (role == Qt::TextAlignmentRole)
            return alignmentOf(column);
        return role == Qt::ToolTipRole && !column.note.isEmpty() ? QVariant(column.note)
                                                                 : QVariant();
    }

protected:
    /// Tooltips, icons and colours of cells.
    virtual QVariant more(const Row&, int /*column*/, int /*role*/) const { return {}; }
    /// Both at once, for columns that depend on the rows.
    void setTable(Columns columns, std::vector<Row> rows)
    {
        beginResetModel();
        m_columns = std::move(columns);
        m_rows = std::move(rows);
        endResetModel();
    }
    QString textOf(const Row& row, int column) const
    {
        return m_columns[static_cast<std::size_t>(column)].text(row);
    }

private:
    static QVariant alignmentOf(const TableColumn<Row>& column)
    {
        return column.alignment ? QVariant(column.alignment) : QVariant();
    }

    Columns m_columns;
    std::vector<Row> m_rows;
};

} // namespace ui
