#include "core/circuits/graph_difference.h"

#include "core/circuits/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <tuple>

namespace core {

namespace {

using Column = std::pair<int, int>;

/// Shared tokens of the longest common subsequence, as (first, second) positions.
std::vector<Column> commonTokens(
    const std::vector<std::string>& a, const std::vector<std::string>& b)
{
    const std::size_t width = b.size() + 1;
    std::vector<int> length((a.size() + 1) * width, 0); // Of the suffixes.
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;)
            length[i * width + j] = a[i] == b[j]
                ? length[(i + 1) * width + j + 1] + 1
                : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
    std::vector<Column> common;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (a[i] == b[j])
            common.emplace_back(static_cast<int>(i++), static_cast<int>(j++));
        else if (length[(i + 1) * width + j] >= length[i * width + j + 1])
            ++i;
        else
            ++j;
    }
    return common;
}

/// What makes a node of one graph the same as one of the other.
using Key = std::tuple<NodeKind, std::int32_t, int, std::string, std::int32_t, std::int32_t>;

Key keyOf(const GraphNode& node, int column)
{
    const bool isPlace = node.kind == NodeKind::Token || node.kind == NodeKind::Error;
    const std::int32_t which = isPlace   ? 0
        : node.kind == NodeKind::Feature ? node.feature.value
                                         : node.token.value;
    return {node.kind, node.kind == NodeKind::Token ? -1 : node.layer.value, column,
        node.kind == NodeKind::Feature ? node.dictionary : std::string(), which,
        node.minusToken.value};
}

/// Which column each position of one prompt stands in.
std::vector<int> columnsOf(const std::vector<Column>& columns, bool isFirst, std::size_t positions)
{
    std::vector<int> out(positions, 0);
    for (std::size_t c = 0; c < columns.size(); ++c)
        if (const int at = isFirst ? columns[c].first : columns[c].second; at >= 0)
            out[static_cast<std::size_t>(at)] = static_cast<int>(c);
    return out;
}

class Union {
public:
    explicit Union(std::vector<Column> columns)
        : m_columns(std::move(columns))
    {
    }

    void add(const AttributionGraph& graph, bool isFirst)
    {
        std::size_t positions = graph.promptTokens.size();
        for (const GraphNode& node : graph.nodes)
            positions = std::max(positions, node.position.index() + 1);
        const std::vector<int> column = columnsOf(m_columns, isFirst, positions);
        std::vector<std::int32_t> place;
        for (const GraphNode& node : graph.nodes) {
            const int at = column[node.position.index()];
            const auto [found, isNew] = m_place.emplace(
                keyOf(node, at), static_cast<std::int32_t>(m_out.graph.nodes.size()));
            const auto index = static_cast<std::size_t>(found->second);
            if (isNew) {
                m_out.graph.nodes.push_back(node);
                m_out.graph.nodes.back().position = Position(at);
                m_out.graph.nodes.back().side = isFirst ? GraphSide::First : GraphSide::Second;
                m_out.nodes.emplace_back();
            } else {
                join(m_out.graph.nodes[index], node, isFirst);
            }
            auto& sides = m_out.nodes[index];
            (isFirst ? sides.first : sides.second) = {node.activation, node.rawInfluence};
            place.push_back(found->second);
        }
        for (const GraphEdge& edge : graph.edges) {
            auto& weights = m_weights[{place[static_cast<std::size_t>(edge.source)],
                place[static_cast<std::size_t>(edge.target)]}];
            (isFirst ? weights.first : weights.second) += edge.weight;
        }
    }

    GraphDifference take()
    {
        std::vector<std::pair<GraphEdge, std::pair<float, float>>> edges;
        for (const auto& [ends, weights] : m_weights)
            edges.push_back({{ends.first, ends.second, weights.second - weights.first}, weights});
        std::stable_sort(edges.begin(), edges.end(), [](const auto& a, const auto& b) {
            return std::fabs(a.first.weight) > std::fabs(b.first.weight);
        });
        for (const auto& [edge, weights] : edges) {
            m_out.graph.edges.push_back(edge);
            m_out.weights.push_back(weights);
        }
        return std::move(m_out);
    }

private:
    /// A node of both: as important as the more important one says.
    static void join(GraphNode& node, const GraphNode& other, bool isOfFirst)
    {
        if (node.side == GraphSide::First && !isOfFirst)
            node.side = GraphSide::Both;
        if (node.kind == NodeKind::Token && node.label != other.label)
            node.label += " | " + other.label;
        if (other.rawInfluence > node.rawInfluence) {
            node.rawInfluence = other.rawInfluence;
            node.influence = other.influence;
        }
        node.probability = std::max(node.probability, other.probability);
        node.isPinned = node.isPinned || other.isPinned;
    }

    std::vector<Column> m_columns;
    std::map<Key, std::int32_t> m_place;
    std::map<std::pair<std::int32_t, std::int32_t>, std::pair<float, float>> m_weights;
    GraphDifference m_out;
};

} // namespace

std::vector<std::pair<int, int>> alignTokens(
    const std::vector<std::string>& first, const std::vector<std::string>& second)
{
    std::vector<Column> columns;
    int i = 0, j = 0;
    std::vector<Column> common = commonTokens(first, second);
    common.emplace_back(static_cast<int>(first.size()), static_cast<int>(second.size()));
    for (const auto& [a, b] : common) {
        // Between two shared tokens: the longer side begins alone, the ends face each other.
        for (; a - i > b - j; ++i)
            columns.emplace_back(i, -1);
        for (; b - j > a - i; ++j)
            columns.emplace_back(-1, j);
        for (; i < a; ++i, ++j)
            columns.emplace_back(i, j);
        if (a < static_cast<int>(first.size()))
            columns.emplace_back(i++, j++);
    }
    return columns;
}

GraphDifference differenceOf(const AttributionGraph& first, const AttributionGraph& second)
{
    const std::vector<Column> columns = alignTokens(first.promptTokens, second.promptTokens);
    Union both(columns);
    both.add(first, true);
    both.add(second, false);
    GraphDifference out = both.take();
    AttributionGraph& graph = out.graph;
    graph.model = first.model;
    graph.dictionaries = first.dictionaries;
    graph.prompt = first.prompt + " | " + second.prompt;
    graph.settings = first.settings;
    graph.nLayers = std::max(first.nLayers, second.nLayers);
    graph.unprunedNodes = std::ssize(graph.nodes);
    graph.unprunedEdges = std::ssize(graph.edges);
    graph.method = first.method;
    for (const auto& [a, b] : columns) {
        const std::string left
            = a < 0 ? std::string() : first.promptTokens[static_cast<std::size_t>(a)];
        const std::string right
            = b < 0 ? std::string() : second.promptTokens[static_cast<std::size_t>(b)];
        graph.promptTokens.push_back(a < 0 ? right
                : b < 0 || left == right   ? left
                                           : left + " | " + right);
    }
    if (first.model != second.model)
        graph.note = "The graphs are of different models, " + first.model + " and " + second.model
            + "; features with the same number are taken for the same.";
    layOutGraph(graph);
    return out;
}

} // namespace core
