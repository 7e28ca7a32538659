#include "ui/circuit/token_change_table.h"

#include "ui/circuit/token_change_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/table_tools.h"

#include <QHeaderView>

namespace ui {

namespace {
constexpr int kShownRuns = 3; // rows of so many runs stand without scrolling
}

TokenChangeTable::TokenChangeTable(const char* name, const QString& accessibleName, QWidget* parent)
    : QTableView(parent)
    , m_model(new TokenChangeModel(this))
{
    setObjectName(QLatin1String(name));
    setAccessibleName(accessibleName);
    setUpTable(this, m_model);
    setItemDelegate(new BarDelegate(this));
    setItemDelegateForColumn(0, new QStyledItemDelegate(this));
    horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    hide();
}

void TokenChangeTable::showRuns(
    const QStringList& names, const std::vector<std::vector<core::NextToken>>& runs, int perRun)
{
    m_model->setRuns(names, runs, perRun);
    show();
    fitHeightToRows(this, kShownRuns * perRun);
}

void TokenChangeTable::clear()
{
    hide();
    m_model->setRuns({}, {});
}

QString TokenChangeTable::toText() const
{
    return tableText(*m_model).trimmed();
}

} // namespace ui
