#include "ui/start/glossary_dialog.h"

#include "ui/shared/table_tools.h"
#include "ui/start/glossary.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QAction>
#include <QHeaderView>
#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

GlossaryDialog::GlossaryDialog(QWidget* parent)
    : QDialog(parent)
    , m_search(new QLineEdit(this))
    , m_found(new QSortFilterProxyModel(this))
    , m_table(new QTableView(this))
{
    setWindowTitle(tr("Glossary"));
    setObjectName(QStringLiteral("glossary"));
    m_search->setObjectName(QStringLiteral("glossarySearch"));
    m_search->setPlaceholderText(tr("Find a word"));
    m_search->setAccessibleName(tr("Find a word"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(icon(Icon::Search), QLineEdit::LeadingPosition);
    auto* model = new QStandardItemModel(this);
    model->setHorizontalHeaderLabels({tr("Word"), tr("Meaning")});
    for (const GlossaryEntry& entry : glossary())
        model->appendRow({new QStandardItem(entry.word), new QStandardItem(entry.meaning)});
    m_found->setSourceModel(model);
    m_found->setFilterKeyColumn(-1);
    m_found->setFilterCaseSensitivity(Qt::CaseInsensitive);
    setUpTable(m_table, m_found);
    m_table->setObjectName(QStringLiteral("glossaryTable"));
    m_table->setAccessibleName(tr("Glossary"));
    m_table->setWordWrap(true);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->resizeSection(0, ex(this) * 28);
    addCopyAction(m_table);
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_found->setFilterFixedString(text);
        fitRows();
    });
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(m_search);
    column->addWidget(m_table, 1);
    resize(ex(this) * 100, em(this) * 28);
    m_search->setFocus();
}

void GlossaryDialog::resizeEvent(QResizeEvent* event)
{
    QDialog::resizeEvent(event);
    fitRows();
}

void GlossaryDialog::fitRows()
{
    m_table->resizeRowsToContents();
}

void GlossaryDialog::explain(const QString& text)
{
    const int entry = glossaryEntryFor(text);
    if (entry < 0)
        return;
    m_search->clear();
    const QModelIndex at = m_found->mapFromSource(m_found->sourceModel()->index(entry, 0));
    m_table->setCurrentIndex(at);
    m_table->scrollTo(at, QAbstractItemView::PositionAtCenter);
}

} // namespace ui
