#include "ui/train/earlier_runs.h"

#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <iterator>

#include <QDir>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

EarlierRuns::EarlierRuns(Session* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_model(new RunTableModel(this))
    , m_table(new QTableView(this))
    , m_where(new QLabel(this))
{
    m_table->setObjectName(QStringLiteral("trainRuns"));
    m_table->setAccessibleName(tr("Earlier trainings"));
    setUpTable(m_table, m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    addCopyAction(m_table);
    m_take = new QPushButton(icon(Icon::Back), tr("Take &up"), this);
    m_take->setObjectName(QStringLiteral("trainTake"));
    m_take->setToolTip(tr("Show the chosen run's curves, to go on with it or to open its "
                          "dictionaries"));
    m_useSettings = new QPushButton(icon(Icon::Copy), tr("&Use its settings"), this);
    m_useSettings->setObjectName(QStringLiteral("trainUseSettings"));
    m_useSettings->setToolTip(tr("Set the form up as the chosen run was, for a new one"));
    auto* other = new QPushButton(icon(Icon::Open), tr("F&older …"), this);
    other->setToolTip(tr("Keep trainings of this model in another folder, or look into one"));
    auto* hint = new QLabel(tr("Tick runs to lay their curves under those at hand."), this);
    makeSubtle(hint);
    wrapLines(hint);
    makeSubtle(m_where);
    wrapLines(m_where);
    m_where->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* buttons = new QHBoxLayout;
    for (QPushButton* button : {m_take, m_useSettings, other})
        buttons->addWidget(button);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(hint);
    column->addWidget(m_table, 1);
    column->addLayout(buttons);
    column->addWidget(m_where);
    connect(m_model, &RunTableModel::ticksChanged, this, &EarlierRuns::ticksChanged);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
        &EarlierRuns::updateButtons);
    connect(m_table, &QTableView::activated, this, [this] { m_take->click(); });
    connect(m_take, &QPushButton::clicked, this, [this] {
        if (const core::TrainingRunInfo* run = chosen())
            Q_EMIT taken(*run);
    });
    connect(m_useSettings, &QPushButton::clicked, this, [this] {
        if (const core::TrainingRunInfo* run = chosen())
            Q_EMIT settingsWanted(*run);
    });
    connect(other, &QPushButton::clicked, this, &EarlierRuns::folderWanted);
    updateButtons();
}

void EarlierRuns::setFolder(const QString& folder)
{
    m_folder = folder;
    m_where->setText(folder.isEmpty() ? QString() : tr("In %1").arg(folder));
    refresh();
}

void EarlierRuns::refresh()
{
    if (m_folder.isEmpty()) {
        m_model->setRuns({});
        return;
    }
    m_session->ask(this, core::TrainingRunsRequest{m_folder.toStdString()},
        [this](const Shared<std::vector<core::TrainingRunInfo>>& runs) {
            const core::TrainingRunInfo* before = chosen();
            const std::string folder = before ? before->folder : std::string();
            const bool isFirst = m_model->rowCount() == 0;
            m_model->setRuns(*runs);
            for (int row = 0; row < m_model->rowCount(); ++row)
                if (m_model->at(row)->folder == folder)
                    m_table->selectRow(row);
            if (isFirst && m_model->rowCount() > 0)
                fitColumnsToText(m_table);
            updateButtons();
            Q_EMIT refreshed();
        });
}

const core::TrainingRunInfo* EarlierRuns::chosen() const
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? nullptr : m_model->at(rows.first().row());
}

std::vector<core::TrainingRunInfo> EarlierRuns::ticked() const
{
    std::vector<core::TrainingRunInfo> runs;
    std::copy_if(m_model->runs().begin(), m_model->runs().end(), std::back_inserter(runs),
        [this](const core::TrainingRunInfo& run) { return m_model->isTicked(run); });
    return runs;
}

QString EarlierRuns::freeName(const QString& kind) const
{
    const QDir folder(m_folder);
    for (int number = 1;; ++number) {
        const QString name = QStringLiteral("%1-%2").arg(kind).arg(number);
        if (!folder.exists(name))
            return name;
    }
}

void EarlierRuns::setLocked(bool isLocked)
{
    m_isLocked = isLocked;
    updateButtons();
}

void EarlierRuns::updateButtons()
{
    const bool isChosen = chosen() != nullptr;
    m_take->setEnabled(isChosen && !m_isLocked);
    m_useSettings->setEnabled(isChosen && !m_isLocked);
}

} // namespace ui
