#include "ui/models/hub/catalogue_view.h"

#include "ui/models/hub/catalogue_model.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

CatalogueView::CatalogueView(std::vector<CatalogueEntry> entries, QWidget* parent)
    : QWidget(parent)
    , m_model(new CatalogueModel(std::move(entries), this))
    , m_table(new QTableView(this))
    , m_about(new QLabel(this))
    , m_get(new QPushButton(icon(Icon::Download), tr("&Get and open"), this))
{
    auto* layout = new QVBoxLayout(this);
    setPagePadding(layout, this);
    m_table->setObjectName(QStringLiteral("catalogueTable"));
    m_table->setAccessibleName(tr("Models to download"));
    setUpTable(m_table, m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    fitColumnsToText(m_table);
    m_table->horizontalHeader()->setStretchLastSection(false);
    m_table->horizontalHeader()->setSectionResizeMode(CatalogueModel::With, QHeaderView::Stretch);
    addCopyAction(m_table);
    layout->addWidget(m_table, 1);
    m_about->setObjectName(QStringLiteral("catalogueAbout"));
    wrapLines(m_about);
    layout->addWidget(m_about);
    m_get->setObjectName(QStringLiteral("catalogueGet"));
    m_get->setAutoDefault(false); // Enter in a field acts on that field.
    m_get->setToolTip(tr("Downloads the model and its dictionaries, checks every file against the "
                         "hub's checksum, and opens them"));
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(m_get);
    layout->addLayout(row);
    connect(m_get, &QPushButton::clicked, this, &CatalogueView::ask);
    connect(m_table, &QTableView::activated, this, &CatalogueView::ask);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &CatalogueView::showCurrent);
    m_table->setCurrentIndex(m_model->index(0, 0));
    showCurrent();
}

void CatalogueView::setFreeMemory(qint64 bytes)
{
    m_model->setFreeMemory(bytes);
    fitColumnsToText(m_table);
    m_table->horizontalHeader()->setSectionResizeMode(CatalogueModel::With, QHeaderView::Stretch);
}

void CatalogueView::setRunning(bool isRunning)
{
    m_isRunning = isRunning;
    showCurrent();
}

const CatalogueEntry* CatalogueView::current() const
{
    return m_model->at(m_table->currentIndex().row());
}

void CatalogueView::showCurrent()
{
    const CatalogueEntry* entry = current();
    QString text = entry ? entry->about : tr("Choose a model.");
    if (entry && entry->isGated)
        text += QLatin1Char(' ')
            + tr("Gated: accept its terms on the hub's page of %1 first, and give your token under "
                 "Connection.")
                  .arg(entry->parts.front().repository);
    m_about->setText(text);
    m_get->setEnabled(entry && !m_isRunning);
}

void CatalogueView::ask()
{
    if (const CatalogueEntry* entry = current(); entry && m_get->isEnabled())
        Q_EMIT asked(*entry);
}

} // namespace ui
