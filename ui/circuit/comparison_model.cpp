#include "ui/circuit/comparison_model.h"

#include "ui/circuit/canvas/circuit_scene.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ui {

namespace {

QString sideName(core::GraphSide side)
{
    return side == core::GraphSide::Both ? ComparisonModel::tr("both")
        : side == core::GraphSide::First ? ComparisonModel::tr("first")
                                         : ComparisonModel::tr("second");
}

QString differenceText(const ComparedNode& row)
{
    return (row.difference > 0 ? QStringLiteral("+") : QString()) + formatPercent(row.difference);
}

} // namespace

ComparisonModel::ComparisonModel(QObject* parent)
    : RowModel(
        {{tr("Node"), tr("Label, layer and aligned position"),
             [](const ComparedNode& row) { return nodeSentence(*row.node); }, {}, {}},
            {tr("In"), tr("In which of the two graphs it stands"),
                [](const ComparedNode& row) { return sideName(row.node->side); }, {}, {}},
            {tr("Difference"),
                tr("Influence on the outputs in the second graph minus that in the first"),
                differenceText, kNumberAlignment, [](const ComparedNode& row) { return row.bar; }},
            {tr("First"), tr("Share of the influence on the outputs in the first graph"),
                [](const ComparedNode& row) {
                    return formatPercent(static_cast<double>(row.figures.firstInfluence));
                },
                kNumberAlignment, {}},
            {tr("Second"), tr("Share of the influence on the outputs in the second graph"),
                [](const ComparedNode& row) {
                    return formatPercent(static_cast<double>(row.figures.secondInfluence));
                },
                kNumberAlignment, {}}},
        parent)
{
}

void ComparisonModel::setComparison(std::shared_ptr<const core::GraphComparison> comparison)
{
    std::vector<ComparedNode> rows;
    // Only what both lists hold: a node without figures cannot be ranked.
    const std::size_t count
        = comparison ? std::min(comparison->nodes.size(), comparison->graph.nodes.size()) : 0;
    double largest = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& figures = comparison->nodes[i];
        const double difference = static_cast<double>(figures.secondInfluence)
            - static_cast<double>(figures.firstInfluence);
        rows.push_back(
            {static_cast<int>(i), &comparison->graph.nodes[i], figures, difference, 0.0});
        largest = std::max(largest, std::fabs(difference));
    }
    for (ComparedNode& row : rows)
        row.bar = largest > 0 ? row.difference / largest : 0.0;
    std::stable_sort(rows.begin(), rows.end(), [](const ComparedNode& a, const ComparedNode& b) {
        return std::fabs(a.difference) > std::fabs(b.difference);
    });
    const auto before = std::exchange(m_comparison, std::move(comparison)); // until rows change
    setRows(std::move(rows));
}

int ComparisonModel::nodeAt(int row) const
{
    const ComparedNode* node = at(row);
    return node ? node->index : -1;
}

int ComparisonModel::rowOf(int node) const
{
    const auto found = std::find_if(rows().begin(), rows().end(),
        [node](const ComparedNode& row) { return row.index == node; });
    return found == rows().end() ? -1 : static_cast<int>(found - rows().begin());
}

QVariant ComparisonModel::more(const ComparedNode& row, int, int role) const
{
    if (role != Qt::ToolTipRole)
        return {};
    return tr("%1\nactivation %2 in the first, %3 in the second")
        .arg(nodeSentence(*row.node),
            formatNumber(static_cast<double>(row.figures.firstActivation)),
            formatNumber(static_cast<double>(row.figures.secondActivation)));
}

} // namespace ui
