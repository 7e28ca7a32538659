#include "core/circuits/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace core {

namespace {

constexpr float kCellWidth = 0.9f;
constexpr float kCellHeight = 0.7f;
constexpr int kSingleRow = 6; ///< Up to this many nodes stand side by side.

int rowOf(const GraphNode& node, int nLayers)
{
    switch (node.kind) {
    case NodeKind::Token:
        return 0;
    case NodeKind::Logit:
        return nLayers + 1;
    case NodeKind::Feature:
    case NodeKind::Error:
        break;
    }
    return node.layer.value + 1;
}

/// Strongest first; errors behind features of the same strength; then by number.
auto strength(const AttributionGraph& graph, std::size_t index)
{
    const GraphNode& node = graph.nodes[index];
    const float unknownLast = node.influence < 0.0f ? 2.0f : node.influence;
    return std::tuple(-node.probability, unknownLast, node.kind, node.feature, index);
}

} // namespace

void layOutGraph(AttributionGraph& graph)
{
    std::map<std::pair<int, int>, std::vector<std::size_t>> cells; // (row, position)
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        cells[{rowOf(graph.nodes[i], graph.nLayers), graph.nodes[i].position.value}].push_back(i);
    for (auto& [cell, members] : cells) {
        std::sort(members.begin(), members.end(),
            [&](std::size_t a, std::size_t b) { return strength(graph, a) < strength(graph, b); });
        const int count = static_cast<int>(members.size());
        const int columns
            = count <= kSingleRow ? count : static_cast<int>(std::ceil(std::sqrt(3.0 * count)));
        const int rows = (count + columns - 1) / columns;
        for (int i = 0; i < count; ++i) {
            const int row = i / columns;
            const int inRow = std::min(columns, count - row * columns);
            const float across
                = static_cast<float>(i % columns) - static_cast<float>(inRow - 1) / 2.0f;
            const float up = static_cast<float>(rows - 1) / 2.0f - static_cast<float>(row);
            GraphNode& node = graph.nodes[members[static_cast<std::size_t>(i)]];
            node.x = static_cast<float>(cell.second)
                + across * kCellWidth / static_cast<float>(columns);
            node.y = static_cast<float>(cell.first) + up * kCellHeight / static_cast<float>(rows);
        }
    }
}

} // namespace core
