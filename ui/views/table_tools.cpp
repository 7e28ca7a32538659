#include "ui/views/table_tools.h"

#include "ui/style/metrics.h"

#include <algorithm>

#include <QHeaderView>
#include <QTableView>

namespace ui {

void setUpTable(QTableView* table, QAbstractItemModel* model)
{
    table->setModel(model);
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setMinimumSectionSize(em(table));
    table->verticalHeader()->setDefaultSectionSize(em(table) + 2 * gap(table));
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void fitHeightToRows(QTableView* table, int rows)
{
    const int shown = std::min(rows, table->model()->rowCount());
    const int header = table->horizontalHeader()->isHidden()
        ? 0
        : table->horizontalHeader()->sizeHint().height();
    table->setFixedHeight(header
        + std::max(1, shown) * table->verticalHeader()->defaultSectionSize()
        + 2 * table->frameWidth());
}

} // namespace ui
