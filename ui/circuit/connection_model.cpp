#include "ui/circuit/connection_model.h"

#include "ui/circuit/canvas/circuit_scene.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QStringList>

namespace ui {

ConnectionModel::ConnectionModel(QObject* parent)
    : RowModel(
        {{tr("Edge"), {},
             [](const Connection& row) { return row.isIncoming ? tr("← from") : tr("→ to"); }, {},
             {}},
            {tr("Node"), {},
                [this](const Connection& row) {
                    return nodeSentence(m_graph->nodes[static_cast<std::size_t>(row.other)]);
                },
                {}, {}},
            {tr("Weight"), {}, [](const Connection& row) { return formatNumber(row.weight); },
                kNumberAlignment, [](const Connection& row) { return row.bar; }},
            {tr("Share"), {}, [](const Connection& row) { return formatPercent(row.share); },
                kNumberAlignment, {}}},
        parent)
{
}

void ConnectionModel::setNode(std::shared_ptr<const core::AttributionGraph> graph, int node)
{
    std::vector<Connection> rows;
    if (graph && node >= 0) {
        std::vector<double> total(graph->nodes.size(), 0.0); // of |weight| into each node
        for (const core::GraphEdge& edge : graph->edges)
            total[static_cast<std::size_t>(edge.target)]
                += std::fabs(static_cast<double>(edge.weight));
        double strongest = 0.0;
        for (const core::GraphEdge& edge : graph->edges) { // already strongest first
            if (edge.source != node && edge.target != node)
                continue;
            const double weight = static_cast<double>(edge.weight);
            const double all = total[static_cast<std::size_t>(edge.target)];
            const bool isIncoming = edge.target == node;
            rows.push_back({isIncoming, isIncoming ? edge.source : edge.target, weight,
                all > 0 ? std::fabs(weight) / all : 0.0, 0.0});
            strongest = std::max(strongest, std::fabs(weight));
        }
        for (Connection& row : rows)
            row.bar = strongest > 0 ? row.weight / strongest : 0.0;
    }
    const auto before = std::exchange(m_graph, std::move(graph)); // until the rows change
    setRows(std::move(rows));
}

int ConnectionModel::nodeAt(int row) const
{
    const Connection* connection = at(row);
    return connection ? connection->other : -1;
}

QString ConnectionModel::toTable(const std::vector<int>& rows) const
{
    QStringList lines, header;
    for (int column = 0; column < columnCount(); ++column)
        header << headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    lines << header.join(QLatin1Char('\t'));
    for (const int row : rows) {
        QStringList cells;
        for (int column = 0; column < columnCount(); ++column)
            cells << textOf(*at(row), column);
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

QVariant ConnectionModel::more(const Connection& row, int column, int role) const
{
    if (role != Qt::ToolTipRole)
        return {};
    return column == Share
        ? tr("Share of all direct effects into the edge's target that are in the pruned graph, "
             "by size")
        : tr("%1 %2: direct effect %3 (activation units of the target, attention and norm "
             "scales frozen)")
              .arg(textOf(row, Direction), textOf(row, Node), formatNumber(row.weight));
}

} // namespace ui
