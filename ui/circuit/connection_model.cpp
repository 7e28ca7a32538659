#include "ui/circuit/connection_model.h"

#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QStringList>

namespace ui {

void ConnectionModel::setNode(std::shared_ptr<const core::AttributionGraph> graph, int node)
{
    beginResetModel();
    m_graph = std::move(graph);
    m_connections.clear();
    m_strongest = 0.0;
    if (m_graph && node >= 0) {
        std::vector<double> total(m_graph->nodes.size(), 0.0); // of |weight| into each node
        for (const core::GraphEdge& edge : m_graph->edges)
            total[static_cast<std::size_t>(edge.target)]
                += std::fabs(static_cast<double>(edge.weight));
        for (const core::GraphEdge& edge : m_graph->edges) { // already strongest first
            if (edge.source != node && edge.target != node)
                continue;
            const double weight = static_cast<double>(edge.weight);
            const double all = total[static_cast<std::size_t>(edge.target)];
            const bool isIncoming = edge.target == node;
            m_connections.push_back({isIncoming, isIncoming ? edge.source : edge.target, weight,
                all > 0 ? std::fabs(weight) / all : 0.0});
            m_strongest = std::max(m_strongest, std::fabs(weight));
        }
    }
    endResetModel();
}

int ConnectionModel::nodeAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_connections[static_cast<std::size_t>(row)].other : -1;
}

QString ConnectionModel::toTable(const std::vector<int>& rows) const
{
    QStringList lines, header;
    for (int column = 0; column < ColumnCount; ++column)
        header << headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    lines << header.join(QLatin1Char('\t'));
    for (const int row : rows) {
        QStringList cells;
        for (int column = 0; column < ColumnCount; ++column)
            cells << text(m_connections[static_cast<std::size_t>(row)], column);
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

int ConnectionModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_connections);
}

int ConnectionModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString ConnectionModel::text(const Connection& connection, int column) const
{
    switch (column) {
    case Direction:
        return connection.isIncoming ? tr("← from") : tr("→ to");
    case Node:
        return nodeSentence(m_graph->nodes[static_cast<std::size_t>(connection.other)]);
    case Weight:
        return formatNumber(connection.weight);
    default:
        return formatPercent(connection.share);
    }
}

QVariant ConnectionModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Connection& connection = m_connections[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return text(connection, index.column());
    case Qt::ToolTipRole:
        return index.column() == Share
            ? tr("Share of all direct effects into the edge's target that are in the pruned graph, "
                 "by size")
            : tr("%1 %2: direct effect %3 (activation units of the target, attention and norm "
                 "scales frozen)")
                  .arg(text(connection, Direction), text(connection, Node),
                      formatNumber(connection.weight));
    case Qt::TextAlignmentRole:
        return QVariant(index.column() >= Weight ? Qt::AlignRight | Qt::AlignVCenter
                                                 : Qt::AlignLeft | Qt::AlignVCenter);
    case BarDelegate::kBarRole:
        return index.column() == Weight && m_strongest > 0
            ? QVariant(connection.weight / m_strongest)
            : QVariant();
    default:
        return {};
    }
}

QVariant ConnectionModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Direction:
        return tr("Edge");
    case Node:
        return tr("Node");
    case Weight:
        return tr("Weight");
    default:
        return tr("Share");
    }
}

} // namespace ui
