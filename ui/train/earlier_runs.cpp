#include "ui/train/earlier_runs.h"

#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <QDir>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

/// Fusion draws the frame of an empty box in the window's colour, made darker: not to be seen in
/// the dark.
class VisibleBoxes : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        if (isDark(option->palette))
            option->palette.setColor(QPalette::Window, semanticColors(option->palette).subtle);
    }
};

} // namespace

EarlierRuns::EarlierRuns(Session* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_model(new RunTableModel(this))
    , m_table(new QTableView(this))
    , m_hint(new QLabel(this))
    , m_where(new QLabel(this))
{
    m_table->setObjectName(QStringLiteral("trainRuns"));
    m_table->setAccessibleName(tr("Earlier trainings"));
    setUpTable(m_table, m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->setItemDelegateForColumn(RunTableModel::Name, new VisibleBoxes(m_table));
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
    m_hint->setObjectName(QStringLiteral("trainRunsHint"));
    makeSubtle(m_hint);
    wrapLines(m_hint);
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
    column->addWidget(m_hint);
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
        updateButtons();
        return;
    }
    m_session->ask(this, core::TrainingRunsRequest{m_folder.toStdString()},
        [this](const Shared<std::vector<core::TrainingRunInfo>>& runs) {
            const core::TrainingRunInfo* before = chosen();
            const std::string folder = before ? before->folder : std::string();
            m_model->setRuns(*runs);
            for (int row = 0; row < m_model->rowCount(); ++row)
                if (m_model->at(row)->folder == folder)
                    m_table->selectRow(row);
            if (m_model->rowCount() > 0)
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

void EarlierRuns::setRunning(const std::string& folder, const core::TrainMetrics& last)
{
    const auto& all = runs();
    const bool isNew = std::none_of(all.begin(), all.end(),
        [&](const core::TrainingRunInfo& run) { return run.folder == folder; });
    m_model->setRunning(folder, last);
    // Its folder is made before its first step.
    if (isNew && !folder.empty() && last.totalSteps > 0
        && std::exchange(m_looked, folder) != folder)
        refresh();
}

void EarlierRuns::updateButtons()
{
    m_hint->setText(m_model->rowCount() > 0
            ? tr("Tick runs to lay their curves under those at hand.")
            : tr("No training of this model lies here yet. Each that is started on “Set up” is "
                 "kept here, also one that is paused."));
    const bool isChosen = chosen() != nullptr;
    m_take->setEnabled(isChosen && !m_isLocked);
    m_useSettings->setEnabled(isChosen && !m_isLocked);
}

} // namespace ui
