#include "ui/train/run_table_model.h"

#include "ui/shared/row_model.h"
#include "ui/style/text.h"
#include "ui/train/layer_list.h"
#include "ui/train/training_plan.h"
#include "ui/train/training_sweep_choice.h"

#include <utility>

namespace ui {

namespace {

bool isNumber(int column)
{
    return column >= RunTableModel::Fvu && column <= RunTableModel::Loss;
}

} // namespace

QString settingsInWords(const core::TrainingSettings& settings)
{
    const QString sparsity = settings.hasK()
        ? QStringLiteral("k %1").arg(settings.k)
        : QStringLiteral("λ %1").arg(formatNumber(settings.lambda));
    const QString sweep = sweepInWords(settings.sweep);
    //: architecture, expansion, k or λ, tokens, layers
    const QString words
        = RunTableModel::tr("%1%2 ×%3, %4, %5 tokens, layer %6")
              .arg(settings.isCrossLayer      ? RunTableModel::tr("CLT ")
                      : settings.isTranscoder ? RunTableModel::tr("transcoder ")
                                              : QString(),
                  architectureName(settings.architecture), formatCount(settings.expansion),
                  sparsity, formatCount(settings.tokens), layersText(settings.layers));
    //: settings, the one that takes several values
    return sweep.isEmpty() ? words : RunTableModel::tr("%1; %2").arg(words, sweep);
}

RunTableModel::RunTableModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void RunTableModel::setRuns(std::vector<core::TrainingRunInfo> runs)
{
    beginResetModel();
    m_runs = std::move(runs);
    endResetModel();
}

const core::TrainingRunInfo* RunTableModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_runs[static_cast<std::size_t>(row)] : nullptr;
}

int RunTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_runs);
}

int RunTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(kColumns);
}

void RunTableModel::setRunning(const std::string& folder, const core::TrainMetrics& last)
{
    const std::string before = std::exchange(m_running, folder);
    m_last = last;
    for (int row = 0; row < rowCount(); ++row)
        if (const std::string& each = at(row)->folder; each == folder || each == before)
            Q_EMIT dataChanged(index(row, State), index(row, Loss));
}

QString RunTableModel::stateInWords(const core::TrainingRunInfo& run) const
{
    const auto share = [](std::int64_t steps, std::int64_t total) { return 100 * steps / total; };
    if (run.folder == m_running)
        return m_last.totalSteps > 0 ? tr("runs, %1 %").arg(share(m_last.step, m_last.totalSteps))
                                     : tr("records text");
    if (run.isDone)
        return tr("done");
    if (run.totalSteps <= 0 || run.steps == 0)
        return tr("not begun");
    return (run.dictionaries.empty() ? tr("paused at %1 %") : tr("kept at %1 %"))
        .arg(share(run.steps, run.totalSteps));
}

QString RunTableModel::text(const core::TrainingRunInfo& run, int column) const
{
    const core::TrainMetrics* last = run.metrics.empty() ? nullptr : &run.metrics.back();
    if (run.folder == m_running && m_last.totalSteps > 0)
        last = &m_last;
    const auto number = [&](double value) { return last ? formatNumber(value) : QString(); };
    switch (column) {
    case Name:
        return toQString(run.name);
    case Settings:
        return settingsInWords(run.settings);
    case State:
        return stateInWords(run);
    case Loss:
        return number(last ? last->loss : 0.0);
    case Fvu:
        return number(last ? last->fvu : 0.0);
    case L0:
        return number(last ? last->l0 : 0.0);
    case Dead:
        return last && last->features > 0 ? formatPercent(
                   static_cast<double>(last->deadFeatures) / static_cast<double>(last->features))
                                          : QString();
    default:
        return {};
    }
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const
{
    const core::TrainingRunInfo* run = index.isValid() ? at(index.row()) : nullptr;
    if (!run)
        return {};
    if (role == Qt::DisplayRole)
        return text(*run, index.column());
    if (role == Qt::ToolTipRole)
        return QStringLiteral("%1\n%2\n%3\n%4")
            .arg(tr("%1: %2").arg(toQString(run->name), stateInWords(*run)),
                settingsInWords(run->settings),
                tr("FVU %1, L0 %2, dead %3, loss %4")
                    .arg(text(*run, Fvu), text(*run, L0), text(*run, Dead), text(*run, Loss)),
                toQString(run->folder));
    if (role == Qt::CheckStateRole && index.column() == Name)
        return static_cast<int>(isTicked(*run) ? Qt::Checked : Qt::Unchecked);
    if (role == Qt::TextAlignmentRole && isNumber(index.column()))
        return QVariant(kNumberAlignment);
    return {};
}

bool RunTableModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    const core::TrainingRunInfo* run = at(index.row());
    if (!run || role != Qt::CheckStateRole || index.column() != Name)
        return false;
    if (value.toInt() == Qt::Checked)
        m_ticked.insert(run->folder);
    else
        m_ticked.erase(run->folder);
    Q_EMIT dataChanged(index, index, {role});
    Q_EMIT ticksChanged();
    return true;
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.isValid() && index.column() == Name ? flags | Qt::ItemIsUserCheckable : flags;
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section < 0 || section >= columnCount())
        return {};
    static const char* const kTitles[]{QT_TR_NOOP("Run"), QT_TR_NOOP("State"), QT_TR_NOOP("FVU"),
        QT_TR_NOOP("L0"), QT_TR_NOOP("Dead"), QT_TR_NOOP("Loss"), QT_TR_NOOP("Settings")};
    if (role == Qt::DisplayRole)
        return tr(kTitles[section]);
    if (role == Qt::TextAlignmentRole && isNumber(section))
        return QVariant(kNumberAlignment);
    return {};
}

} // namespace ui
