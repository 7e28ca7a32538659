#include "ui/models/hub/hub_file_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

namespace ui {

void HubFileModel::setFiles(const std::vector<HubFile>& files, const std::vector<bool>& offered,
    const std::vector<bool>& chosen)
{
    beginResetModel();
    m_rows.clear();
    m_order.clear();
    for (const bool isFirst : {true, false}) { // What comes stands on top; each half by path.
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (offered[i] && chosen[i] == isFirst)
                m_rows.push_back({files[i], isFirst});
        }
    }
    endResetModel();
    Q_EMIT chosenChanged();
}

void HubFileModel::setChosen(const QModelIndexList& rows, bool isChosen)
{
    if (m_isLocked)
        return;
    for (const QModelIndex& index : rows) {
        m_rows.at(static_cast<std::size_t>(index.row())).isChosen = isChosen;
        Q_EMIT dataChanged(index.siblingAtColumn(Name), index.siblingAtColumn(Progress));
    }
    Q_EMIT chosenChanged();
}

std::vector<HubFile> HubFileModel::chosenFiles() const
{
    std::vector<HubFile> files;
    for (const Row& row : m_rows) {
        if (row.isChosen)
            files.push_back(row.file);
    }
    return files;
}

qint64 HubFileModel::chosenBytes() const
{
    qint64 bytes = 0;
    for (const Row& row : m_rows)
        bytes += row.isChosen ? row.file.size : 0;
    return bytes;
}

void HubFileModel::setLocked(bool isLocked)
{
    m_isLocked = isLocked;
    if (isLocked) {
        m_order.clear();
        for (int row = 0; row < countOf(m_rows); ++row) {
            Row& entry = m_rows[static_cast<std::size_t>(row)];
            entry.state = FileState::Waiting;
            entry.done = 0;
            if (entry.isChosen)
                m_order.push_back(row);
        }
    }
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void HubFileModel::showProgress(const std::vector<HubProgress::File>& files)
{
    for (const HubProgress::File& file : files) {
        if (file.index >= countOf(m_order))
            continue;
        const int row = m_order[static_cast<std::size_t>(file.index)];
        Row& entry = m_rows[static_cast<std::size_t>(row)];
        entry.state = file.state;
        entry.done = file.done;
        Q_EMIT dataChanged(index(row, Progress), index(row, Progress));
    }
}

int HubFileModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_rows);
}

int HubFileModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString HubFileModel::progressText(const Row& row) const
{
    switch (row.state) {
    case FileState::Waiting:
        return m_isLocked && row.isChosen ? tr("waiting") : QString();
    case FileState::Checking:
        return tr("checking what is there");
    case FileState::Coming:
        return tr("%1 of %2").arg(formatBytes(row.done), formatBytes(row.file.size));
    case FileState::Pausing:
        return tr("will try again soon");
    case FileState::Done:
        return tr("done, checksum right");
    }
    return {};
}

QVariant HubFileModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::CheckStateRole && index.column() == Name)
        return row.isChosen ? Qt::Checked : Qt::Unchecked;
    if (role == Qt::TextAlignmentRole && index.column() == Size)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && index.column() == Name)
        return row.file.path;
    if (role == BarDelegate::kBarRole && index.column() == Progress)
        return row.state != FileState::Waiting && row.state != FileState::Done && row.file.size > 0
            ? static_cast<double>(row.done) / static_cast<double>(row.file.size)
            : 0.0;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Name:
        return row.file.path;
    case Size:
        return formatBytes(row.file.size);
    default:
        return progressText(row);
    }
}

bool HubFileModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::CheckStateRole || index.column() != Name || m_isLocked)
        return false;
    setChosen({index}, value.toInt() == Qt::Checked);
    return true;
}

Qt::ItemFlags HubFileModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.column() == Name && !m_isLocked ? flags | Qt::ItemIsUserCheckable : flags;
}

QVariant HubFileModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("File");
    case Size:
        return tr("Size");
    default:
        return tr("Progress");
    }
}

} // namespace ui
