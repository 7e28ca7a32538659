#pragma once

#include <QString>

class QAbstractItemModel;
class QTableView;

namespace ui {

/// The look all small tables share: fixed uniform rows of a line, no grid, whole rows chosen, last
/// column with bars. Headers stay Fixed or Interactive: measuring contents of a million rows would
/// stop the window.
void setUpTable(QTableView* table, QAbstractItemModel* model);
/// As tall as its rows, at most `rows` of them; for tables inside a scrolled page.
void fitHeightToRows(QTableView* table, int rows);

/// Columns as wide as their texts; for tables of a few dozen rows only.
void fitColumnsToText(QTableView* table);

/// Everything the table holds, headers first, parted by tabs.
QString tableText(const QAbstractItemModel& model);
/// "Copy as table" in the context menu and on Ctrl+C.
void addCopyAction(QTableView* table);

} // namespace ui
