#include "ui/circuit/comparison_model.h"

#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ui {

void ComparisonModel::setComparison(std::shared_ptr<const core::GraphComparison> comparison)
{
    beginResetModel();
    m_comparison = std::move(comparison);
    m_order.clear();
    m_largest = 0.0;
    if (m_comparison) {
        // Only what both lists hold: a node without figures cannot be ranked.
        m_order.resize(std::min(m_comparison->nodes.size(), m_comparison->graph.nodes.size()));
        std::iota(m_order.begin(), m_order.end(), 0);
        std::stable_sort(m_order.begin(), m_order.end(),
            [this](int a, int b) { return std::fabs(difference(a)) > std::fabs(difference(b)); });
        if (!m_order.empty())
            m_largest = std::fabs(difference(m_order.front()));
    }
    endResetModel();
}

double ComparisonModel::difference(int node) const
{
    const auto& figures = m_comparison->nodes[static_cast<std::size_t>(node)];
    return static_cast<double>(figures.secondInfluence)
        - static_cast<double>(figures.firstInfluence);
}

int ComparisonModel::nodeAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_order[static_cast<std::size_t>(row)] : -1;
}

int ComparisonModel::rowOf(int node) const
{
    const auto found = std::find(m_order.begin(), m_order.end(), node);
    return found == m_order.end() ? -1 : static_cast<int>(found - m_order.begin());
}

int ComparisonModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_order);
}

int ComparisonModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const
{
    const int at = index.isValid() ? nodeAt(index.row()) : -1;
    if (at < 0)
        return {};
    const core::GraphNode& node = m_comparison->graph.nodes[static_cast<std::size_t>(at)];
    const auto& figures = m_comparison->nodes[static_cast<std::size_t>(at)];
    if (role == Qt::TextAlignmentRole && index.column() >= Difference)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == BarDelegate::kBarRole && index.column() == Difference && m_largest > 0)
        return difference(at) / m_largest;
    if (role == Qt::ToolTipRole)
        return tr("%1\nactivation %2 in the first, %3 in the second")
            .arg(nodeSentence(node), formatNumber(static_cast<double>(figures.firstActivation)),
                formatNumber(static_cast<double>(figures.secondActivation)));
    if (role != Qt::DisplayRole)
        return {};
    const double change = difference(at);
    switch (index.column()) {
    case Node:
        return nodeSentence(node);
    case Where:
        return node.side == core::GraphSide::Both ? tr("both")
            : node.side == core::GraphSide::First ? tr("first")
                                                  : tr("second");
    case Difference:
        return (change > 0 ? QStringLiteral("+") : QString()) + formatPercent(change);
    case First:
        return formatPercent(static_cast<double>(figures.firstInfluence));
    case Second:
        return formatPercent(static_cast<double>(figures.secondInfluence));
    default:
        return {};
    }
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical)
        return {};
    const QStringList names{tr("Node"), tr("In"), tr("Difference"), tr("First"), tr("Second")};
    const QStringList notes{tr("Label, layer and aligned position"),
        tr("In which of the two graphs it stands"),
        tr("Influence on the outputs in the second graph minus that in the first"),
        tr("Share of the influence on the outputs in the first graph"),
        tr("Share of the influence on the outputs in the second graph")};
    if (role == Qt::DisplayRole)
        return names.value(section);
    if (role == Qt::TextAlignmentRole && section >= Difference)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    return role == Qt::ToolTipRole ? QVariant(notes.value(section)) : QVariant();
}

} // namespace ui
