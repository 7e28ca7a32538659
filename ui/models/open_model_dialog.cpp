#include "ui/models/open_model_dialog.h"

#include "ui/models/model_summary.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {
const QString kGeometry = QStringLiteral("openModelDialog");
constexpr int kRowsShown = 8;
} // namespace

OpenModelDialog::OpenModelDialog(const core::ModelInfo& info, const QString& device,
    const QString& dtype, Settings* settings, QWidget* parent)
    : QDialog(parent)
    , m_costs(new MemoryCostModel(info.costs, this))
    , m_settings(settings)
    , m_table(new QTableView(this))
    , m_note(new Notice(this))
{
    setWindowTitle(tr("Open %1").arg(toQString(info.name)));
    setObjectName(QStringLiteral("openModelDialog"));
    auto* summary = new ModelSummary(this);
    summary->setModel(info);
    auto* title = new QLabel(tr("&Ways to open it, and what each takes of the memory"), this);
    makeHeading(title, 2);
    title->setBuddy(m_table);
    m_table->setObjectName(QStringLiteral("costTable"));
    m_table->setAccessibleName(tr("Ways to open the model"));
    setUpTable(m_table, m_costs);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->setMinimumHeight(
        (kRowsShown / 2 + 1) * m_table->verticalHeader()->defaultSectionSize());
    addCopyAction(m_table);
    fitColumnsToText(m_table);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_note->setObjectName(QStringLiteral("costNote"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_open = buttons->addButton(tr("&Open"), QDialogButtonBox::AcceptRole);
    m_open->setObjectName(QStringLiteral("openButton"));
    m_open->setIcon(icon(Icon::Open));
    m_open->setDefault(true);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * pad(this), 2 * pad(this), 2 * pad(this), 2 * pad(this));
    layout->addWidget(summary);
    layout->addSpacing(pad(this));
    layout->addWidget(title);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_note);
    layout->addWidget(buttons);

    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &OpenModelDialog::updateChoice);
    connect(m_table, &QTableView::activated, m_open, &QPushButton::click);
    const bool hasWays = m_costs->rowCount() > 0;
    title->setVisible(hasWays);
    m_table->setVisible(hasWays);
    const int best = m_costs->bestRow(device, dtype);
    if (hasWays)
        m_table->setCurrentIndex(m_costs->index(best < 0 ? 0 : best, 0));
    updateChoice();
    if (!restoreGeometry(m_settings->windowState(kGeometry)))
        resize(std::clamp(m_table->horizontalHeader()->length() + 6 * pad(this), ex(this) * 110,
                   ex(this) * 190),
            em(this) * 30);
    if (hasWays)
        m_table->setFocus();
}

OpenModelDialog::~OpenModelDialog()
{
    m_settings->setWindowState(kGeometry, saveGeometry());
}

const core::MemoryCost* OpenModelDialog::choice() const
{
    return m_costs->at(m_table->currentIndex().row());
}

void OpenModelDialog::updateChoice()
{
    const core::MemoryCost* chosen = choice();
    const bool canOpen = m_costs->rowCount() == 0 || (chosen && chosen->fits);
    m_open->setEnabled(canOpen);
    if (m_costs->bestRow({}, {}) < 0 && m_costs->rowCount() > 0)
        m_note->say(Notice::Kind::Warning,
            tr("No way fits in what is free now. Close other programs, choose a smaller model, or "
               "open it on a machine with more memory."));
    else if (!canOpen)
        m_note->say(Notice::Kind::Warning,
            tr("%1 in %2 takes %3, and %4 are free: it cannot be opened this way. Choose a row "
               "that fits.")
                .arg(toQString(chosen->device), toQString(chosen->dtype),
                    formatBytes(chosen->total()), formatBytes(chosen->freeBytes)));
    else if (chosen)
        m_note->say(Notice::Kind::Good,
            tr("%1 in %2: takes %3, and %4 are free%5.")
                .arg(toQString(chosen->device), toQString(chosen->dtype),
                    formatBytes(chosen->total()),
                    chosen->freeBytes > 0 ? formatBytes(chosen->freeBytes)
                                          : tr("an unknown amount"),
                    chosen->note.empty() ? QString()
                                         : QStringLiteral("; ") + toQString(chosen->note)));
}

} // namespace ui
