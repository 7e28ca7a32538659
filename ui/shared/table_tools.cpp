#include "ui/shared/table_tools.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>
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

void fitColumnsToText(QTableView* table)
{
    table->resizeColumnsToContents();
    QHeaderView* header = table->horizontalHeader();
    for (int column = 0; column < header->count(); ++column)
        header->resizeSection(column, header->sectionSize(column) + pad(table));
}

QString tableText(const QAbstractItemModel& model)
{
    QString text;
    const int columns = model.columnCount();
    const auto end = [&](int column) { return QLatin1Char(column + 1 < columns ? '\t' : '\n'); };
    for (int column = 0; column < columns; ++column)
        text += model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString() + end(column);
    for (int row = 0; row < model.rowCount(); ++row)
        for (int column = 0; column < columns; ++column)
            text += model.index(row, column).data().toString() + end(column);
    return text;
}

void addCopyAction(QTableView* table)
{
    auto* copy
        = new QAction(icon(Icon::Copy), QCoreApplication::translate("ui", "Copy as table"), table);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    table->addAction(copy);
    table->setContextMenuPolicy(Qt::ActionsContextMenu);
    QObject::connect(copy, &QAction::triggered, table,
        [table] { QGuiApplication::clipboard()->setText(tableText(*table->model())); });
}

} // namespace ui
