#include "ui/circuit/canvas/circuit_scene.h"

#include "ui/circuit/translated.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include <QRegularExpression>

namespace ui {

namespace {

constexpr int kManyLayers = 12;
constexpr double kNodeSpacing = 58.0; // room for one node and a part of its label
constexpr double kLogitSpacing = 88.0; // their names are the answer: every one must find its place
constexpr double kLineHeight = 46.0; // of nodes that stand above each other in one cell
constexpr double kMinColumn = 96.0;
constexpr double kMinRow = 88.0; // a node with two lines of text above and below
constexpr double kEmptyRow = 26.0;
constexpr double kMinRadius = 6.0;
constexpr double kMaxRadius = 13.0;

/// The lines of one cell, from the top; each from left to right.
std::vector<std::vector<int>> linesOf(const core::AttributionGraph& graph, std::vector<int> nodes)
{
    const auto node = [&](int index) -> const core::GraphNode& {
        return graph.nodes[static_cast<std::size_t>(index)];
    };
    std::stable_sort(nodes.begin(), nodes.end(), [&](int a, int b) {
        return std::pair(-node(a).y, node(a).x) < std::pair(-node(b).y, node(b).x);
    });
    // Wide cells would push the columns apart: a few short lines read better than one long one.
    // Graphs of many layers are tall already.
    const std::size_t most = graph.nLayers > kManyLayers ? 12 : 6;
    const std::size_t count = (nodes.size() + most - 1) / most;
    const std::size_t across = (nodes.size() + count - 1) / count;
    std::vector<std::vector<int>> lines;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (i % across == 0)
            lines.emplace_back();
        lines.back().push_back(nodes[i]);
    }
    return lines;
}

} // namespace

CircuitScene::CircuitScene(std::shared_ptr<const core::AttributionGraph> graph)
    : m_graph(std::move(graph))
{
    placeNodes();
    indexPlaces();
    indexEdges();
    weighEdges();
}

int CircuitScene::rowOf(int index) const
{
    const core::GraphNode& n = node(index);
    const int row = n.kind == core::NodeKind::Token ? 0
        : n.kind == core::NodeKind::Logit           ? rowCount() - 1
                                                    : n.layer.value + 1;
    return std::clamp(row, 0, rowCount() - 1);
}

int CircuitScene::columnOf(int index) const
{
    return std::clamp(node(index).position.value, 0, columnCount() - 1);
}

QString CircuitScene::columnName(int position) const
{
    const auto index = static_cast<std::size_t>(position);
    return index < m_graph->promptTokens.size() ? visibleToken(m_graph->promptTokens[index])
                                                : QString();
}

QString CircuitScene::rowName(int row) const
{
    if (row == 0)
        return translated("Embedding");
    if (row == rowCount() - 1)
        return translated("Logits");
    return translated("Layer %1").arg(row - 1);
}

void CircuitScene::placeNodes()
{
    const std::size_t count = m_graph->nodes.size();
    m_columns.resize(std::max<std::size_t>(1, m_graph->promptTokens.size()), {0, kMinColumn});
    m_rows.resize(static_cast<std::size_t>(std::max(0, m_graph->nLayers)) + 2, {0, kEmptyRow});
    m_centers.resize(count);
    const auto spacing
        = [this](int row) { return row == rowCount() - 1 ? kLogitSpacing : kNodeSpacing; };
    std::map<std::pair<int, int>, std::vector<int>> members; // (row, column) to nodes
    for (int index = 0; index < static_cast<int>(count); ++index)
        members[{rowOf(index), columnOf(index)}].push_back(index);
    std::map<std::pair<int, int>, std::vector<std::vector<int>>> cells;
    for (auto& [cell, nodes] : members) {
        auto& lines = cells[cell] = linesOf(*m_graph, std::move(nodes));
        Band& row = m_rows[static_cast<std::size_t>(cell.first)];
        Band& column = m_columns[static_cast<std::size_t>(cell.second)];
        row.size
            = std::max(row.size, kMinRow + static_cast<double>(lines.size() - 1) * kLineHeight);
        for (const auto& line : lines)
            column.size = std::max(column.size,
                static_cast<double>(line.size() - 1) * spacing(cell.first) + kMinColumn);
    }
    double edge = 0;
    for (Band& column : m_columns) {
        column.center = edge + column.size / 2;
        edge += column.size;
    }
    m_bounds.setWidth(edge);
    edge = 0;
    for (auto row = m_rows.rbegin(); row != m_rows.rend(); ++row) { // logits on top
        row->center = edge + row->size / 2;
        edge += row->size;
    }
    m_bounds.setHeight(edge);
    for (const auto& [cell, lines] : cells)
        for (std::size_t l = 0; l < lines.size(); ++l)
            for (std::size_t i = 0; i < lines[l].size(); ++i)
                m_centers[static_cast<std::size_t>(lines[l][i])] = {columnCenter(cell.second)
                        + (static_cast<double>(i) - static_cast<double>(lines[l].size() - 1) / 2)
                            * spacing(cell.first),
                    rowCenter(cell.first)
                        + (static_cast<double>(l) - static_cast<double>(lines.size() - 1) / 2)
                            * kLineHeight};
    for (const core::GraphNode& n : m_graph->nodes) {
        // `influence` is the share covered by the nodes at least as strong: small is important.
        const double importance = n.influence >= 0 ? 1.0 - static_cast<double>(n.influence) : 0.5;
        m_radii.push_back(
            kMinRadius + (kMaxRadius - kMinRadius) * std::clamp(importance, 0.0, 1.0));
    }
    for (const auto& [at, lines] : cells) {
        Cell cell{at.first, at.second, {}, {}};
        for (const auto& line : lines)
            for (const int index : line) {
                const QPointF r(radius(index), radius(index));
                cell.nodes.push_back(index);
                cell.place = cell.place.united(QRectF(center(index) - r, center(index) + r));
            }
        std::stable_sort(cell.nodes.begin(), cell.nodes.end(), [this](int a, int b) {
            return std::pair(node(a).rawInfluence, radius(a))
                > std::pair(node(b).rawInfluence, radius(b));
        });
        m_cells.push_back(std::move(cell));
    }
}

void CircuitScene::indexEdges()
{
    // Counted first, so that a million edges need no growing lists.
    const std::size_t nodes = m_graph->nodes.size();
    m_incoming.starts.assign(nodes + 1, 0);
    m_outgoing.starts.assign(nodes + 1, 0);
    m_inputs.assign(nodes, 0.0);
    for (const core::GraphEdge& edge : m_graph->edges) {
        ++m_incoming.starts[static_cast<std::size_t>(edge.target) + 1];
        ++m_outgoing.starts[static_cast<std::size_t>(edge.source) + 1];
        const float weight = std::abs(edge.weight);
        m_inputs[static_cast<std::size_t>(edge.target)] += static_cast<double>(weight);
        m_strongest = std::max(m_strongest, weight);
    }
    for (Lists* lists : {&m_incoming, &m_outgoing}) {
        std::partial_sum(lists->starts.begin(), lists->starts.end(), lists->starts.begin());
        lists->values.resize(m_graph->edges.size());
    }
    std::vector<int> in = m_incoming.starts, out = m_outgoing.starts; // the next free places
    for (int e = 0; e < countOf(m_graph->edges); ++e) {
        const core::GraphEdge& edge = m_graph->edges[static_cast<std::size_t>(e)];
        m_incoming.values[static_cast<std::size_t>(in[static_cast<std::size_t>(edge.target)]++)]
            = e;
        m_outgoing.values[static_cast<std::size_t>(out[static_cast<std::size_t>(edge.source)]++)]
            = e;
    }
}

void CircuitScene::weighEdges()
{
    m_edgeInfluence.reserve(m_graph->edges.size());
    float most = 0.0f;
    for (const core::GraphEdge& edge : m_graph->edges) {
        const core::GraphNode& target = node(edge.target);
        // An output's own part is not in its influence.
        const float influence = target.rawInfluence
            + (target.kind == core::NodeKind::Logit ? target.probability : 0.0f);
        const auto total = static_cast<float>(inputTotal(edge.target));
        m_edgeInfluence.push_back(total > 0.0f ? influence * std::abs(edge.weight) / total : 0.0f);
        most = std::max(most, m_edgeInfluence.back());
    }
    const bool isKnown = std::any_of(m_graph->nodes.begin(), m_graph->nodes.end(),
        [](const core::GraphNode& each) { return each.rawInfluence > 0.0f; });
    for (std::size_t e = 0; e < m_edgeInfluence.size(); ++e)
        m_edgeInfluence[e] = isKnown && most > 0.0f
            ? m_edgeInfluence[e] / most
            : std::abs(m_graph->edges[e].weight) / std::max(1e-12f, m_strongest);
}

int CircuitScene::gridColumn(double x) const
{
    return std::clamp(
        static_cast<int>(std::floor((x - m_bounds.left()) / m_square)), 0, m_gridColumns - 1);
}

int CircuitScene::gridRow(double y) const
{
    return std::clamp(
        static_cast<int>(std::floor((y - m_bounds.top()) / m_square)), 0, m_gridRows - 1);
}

void CircuitScene::indexPlaces()
{
    constexpr double kMostSquares = 65536.0;
    m_square = std::max(m_square, std::sqrt(m_bounds.width() * m_bounds.height() / kMostSquares));
    m_gridColumns = static_cast<int>(m_bounds.width() / m_square) + 1;
    m_gridRows = static_cast<int>(m_bounds.height() / m_square) + 1;
    const auto squareOf = [this](int index) {
        return static_cast<std::size_t>(
            gridRow(center(index).y()) * m_gridColumns + gridColumn(center(index).x()));
    };
    m_grid.starts.assign(static_cast<std::size_t>(m_gridColumns * m_gridRows) + 1, 0);
    for (int index = 0; index < nodeCount(); ++index)
        ++m_grid.starts[squareOf(index) + 1];
    std::partial_sum(m_grid.starts.begin(), m_grid.starts.end(), m_grid.starts.begin());
    m_grid.values.resize(m_centers.size());
    std::vector<int> next = m_grid.starts;
    for (int index = 0; index < nodeCount(); ++index)
        m_grid.values[static_cast<std::size_t>(next[squareOf(index)]++)] = index;
}

int CircuitScene::nodeAt(QPointF point, double slack) const
{
    int best = -1;
    double nearest = 1e300;
    const double reach = kMaxRadius + slack;
    for (int row = gridRow(point.y() - reach); row <= gridRow(point.y() + reach); ++row)
        for (int column = gridColumn(point.x() - reach); column <= gridColumn(point.x() + reach);
             ++column)
            for (const int index : m_grid.at(row * m_gridColumns + column)) {
                const QPointF d = point - center(index);
                const double distance = std::hypot(d.x(), d.y()) - radius(index);
                if (distance < slack && distance < nearest) {
                    nearest = distance;
                    best = index;
                }
            }
    return best;
}

QString nodeTitle(const core::GraphNode& node)
{
    using core::NodeKind;
    const QString label = toQString(node.label);
    switch (node.kind) {
    case NodeKind::Error:
        return translated("error, layer %1").arg(node.layer.value);
    case NodeKind::Token:
        return label.isEmpty() ? translated("token at position %1").arg(node.position.value)
                               : visibleToken(label);
    case NodeKind::Logit: {
        static const QRegularExpression kOutput(QStringLiteral("^Output \"(.*)\" \\(p=[^)]*\\)$"),
            QRegularExpression::DotMatchesEverythingOption);
        const QRegularExpressionMatch match = kOutput.match(label);
        // A difference has no probability; how far the first logit is above the second is its
        // value.
        const double difference = static_cast<double>(node.logitDifference);
        return QStringLiteral("%1 %2").arg(
            visibleToken(match.hasMatch() ? match.captured(1) : label),
            !node.minusToken.isValid()
                ? formatPercent(static_cast<double>(node.probability))
                : (difference > 0 ? QStringLiteral("+") : QString()) + formatNumber(difference));
    }
    case NodeKind::Feature:
        break;
    }
    return label.isEmpty()
        ? QStringLiteral("L%1 / %2").arg(node.layer.value).arg(node.feature.value)
        : label;
}

QString nodeSentence(const core::GraphNode& node)
{
    const QString position = QString::number(node.position.value);
    switch (node.kind) {
    case core::NodeKind::Logit:
        return translated("output %1").arg(nodeTitle(node));
    case core::NodeKind::Token:
        //: %1 is a token, %2 its position
        return translated("token %1 (position %2)").arg(nodeTitle(node), position);
    case core::NodeKind::Error:
        return translated("%1, position %2").arg(nodeTitle(node), position);
    case core::NodeKind::Feature:
        break;
    }
    //: %1 is a feature's name
    return translated("%1 (layer %2, position %3)")
        .arg(nodeTitle(node), QString::number(node.layer.value), position);
}

} // namespace ui
