#include "ui/circuit/check_distance_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <utility>

namespace ui {

void CheckDistanceModel::setCheck(std::shared_ptr<const core::PerturbationCheck> check)
{
    beginResetModel();
    m_check = std::move(check);
    endResetModel();
}

int CheckDistanceModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_check ? 0 : countOf(m_check->byDistance);
}

int CheckDistanceModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant CheckDistanceModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const auto& row = m_check->byDistance[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == BarDelegate::kBarRole && index.column() == Cosine)
        return row.cosine;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Layers:
        return formatCount(row.layers);
    case Cosine:
        return formatNumber(row.cosine);
    case Size:
        return formatNumber(row.normRatio);
    case Features:
        return formatCount(row.features);
    default:
        return {};
    }
}

QVariant CheckDistanceModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical)
        return {};
    const QStringList names{tr("Layers"), tr("Cosine"), tr("Size"), tr("Features")};
    const QStringList notes{tr("How many layers after the changed feature"),
        tr("Between the change that the graph predicts and the one observed; 1 is perfect"),
        tr("Length of the observed change divided by that of the predicted; 1 is perfect"),
        tr("Changed features that count here")};
    if (role == Qt::DisplayRole)
        return names.value(section);
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    return role == Qt::ToolTipRole ? QVariant(notes.value(section)) : QVariant();
}

} // namespace ui
