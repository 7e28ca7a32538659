#include "ui/circuit/error_share_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

namespace ui {

void ErrorShareModel::setShares(std::vector<float> shares)
{
    beginResetModel();
    m_shares = std::move(shares);
    m_largest = m_shares.empty() ? 0.0f : *std::max_element(m_shares.begin(), m_shares.end());
    endResetModel();
}

int ErrorShareModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_shares);
}

int ErrorShareModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : 2;
}

QVariant ErrorShareModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const int layer = rowCount() - 1 - index.row(); // as in the graph: the output above
    const float share = m_shares[static_cast<std::size_t>(layer)];
    if (role == Qt::DisplayRole)
        return index.column() == 0 ? tr("layer %1").arg(layer)
                                   : formatPercent(static_cast<double>(share));
    if (index.column() == 0)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole)
        return tr("The error nodes of layer %1 carry %2 of the influence on the outputs")
            .arg(QString::number(layer), formatPercent(static_cast<double>(share)));
    if (role == BarDelegate::kBarRole && m_largest > 0)
        return static_cast<double>(share / m_largest);
    return {};
}

QVariant ErrorShareModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || role != Qt::DisplayRole)
        return {};
    return section == 0 ? tr("Errors of") : tr("Influence");
}

} // namespace ui
