#include "ui/views/circuit_scene.h"

#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <QCoreApplication>

namespace ui {

namespace {

constexpr double kNodeSpacing = 54.0; // room for one node and a part of its label
constexpr double kMinColumn = 92.0;
constexpr double kMinRadius = 6.0;
constexpr double kMaxRadius = 13.0;

} // namespace

CircuitScene::CircuitScene(std::shared_ptr<const core::AttributionGraph> graph)
    : m_graph(std::move(graph))
{
    placeColumns();
    placeNodes();
    indexEdges();
}

double CircuitScene::rowCenter(int row) const { return (rowCount() - 1 - row) * kRowHeight + kRowHeight / 2; }

QString CircuitScene::rowName(int row) const
{
    if (row == 0)
        return QCoreApplication::translate("CircuitScene", "Embedding");
    if (row == rowCount() - 1)
        return QCoreApplication::translate("CircuitScene", "Logits");
    return QCoreApplication::translate("CircuitScene", "Layer %1").arg(row - 1);
}

void CircuitScene::placeColumns()
{
    // A column is as wide as its fullest cell needs.
    const auto columns = std::max<std::size_t>(1, m_graph->promptTokens.size());
    std::map<std::pair<int, int>, std::set<float>> places; // (column, row) to the places used sideways
    for (const core::GraphNode& node : m_graph->nodes)
        places[{node.position.value, static_cast<int>(std::lround(node.y))}].insert(node.x);
    std::vector<std::size_t> fullest(columns, 1);
    for (const auto& [cell, used] : places)
        if (cell.first >= 0 && static_cast<std::size_t>(cell.first) < columns)
            fullest[static_cast<std::size_t>(cell.first)] = std::max(fullest[static_cast<std::size_t>(cell.first)], used.size());
    double left = kAxisWidth;
    for (const std::size_t count : fullest) {
        const double width = std::max(kMinColumn, static_cast<double>(count) * kNodeSpacing / 0.9);
        m_columnWidths.push_back(width);
        m_columnCenters.push_back(left + width / 2);
        left += width;
    }
    m_bounds = QRectF(0, 0, left, rowCount() * kRowHeight);
}

void CircuitScene::placeNodes()
{
    for (const core::GraphNode& node : m_graph->nodes) {
        const int column = std::clamp(node.position.value, 0, columnCount() - 1);
        const double offset = static_cast<double>(node.x) - column;
        const int row = std::clamp(static_cast<int>(std::lround(node.y)), 0, rowCount() - 1);
        const double down = static_cast<double>(node.y) - row;
        m_centers.emplace_back(columnCenter(column) + std::clamp(offset, -0.5, 0.5) * columnWidth(column),
            rowCenter(row) - std::clamp(down, -0.45, 0.45) * kRowHeight);
        // `influence` is the share covered by the nodes at least as strong: small is important.
        const double importance = node.influence >= 0 ? 1.0 - static_cast<double>(node.influence) : 0.5;
        m_radii.push_back(kMinRadius + (kMaxRadius - kMinRadius) * std::clamp(importance, 0.0, 1.0));
    }
}

void CircuitScene::indexEdges()
{
    m_incoming.resize(m_graph->nodes.size());
    m_outgoing.resize(m_graph->nodes.size());
    for (int e = 0; e < countOf(m_graph->edges); ++e) {
        const core::GraphEdge& edge = m_graph->edges[static_cast<std::size_t>(e)];
        m_incoming[static_cast<std::size_t>(edge.target)].push_back(e);
        m_outgoing[static_cast<std::size_t>(edge.source)].push_back(e);
        m_strongest = std::max(m_strongest, std::abs(edge.weight));
    }
}

int CircuitScene::nodeAt(QPointF point, double slack) const
{
    int best = -1;
    double nearest = 1e300;
    for (int node = 0; node < nodeCount(); ++node) {
        const QPointF d = point - center(node);
        const double distance = std::hypot(d.x(), d.y()) - radius(node);
        if (distance < slack && distance < nearest) {
            nearest = distance;
            best = node;
        }
    }
    return best;
}

QString nodeTitle(const core::GraphNode& node)
{
    using core::NodeKind;
    switch (node.kind) {
    case NodeKind::Error:
        return QCoreApplication::translate("CircuitScene", "error, layer %1").arg(node.layer.value);
    case NodeKind::Token:
        return visibleToken(node.label);
    case NodeKind::Logit: {
        const QString token = toQString(node.label);
        return token.startsWith(QLatin1String("Output")) ? token
                                                         : QStringLiteral("%1 %2").arg(visibleToken(token), formatPercent(static_cast<double>(node.probability)));
    }
    case NodeKind::Feature:
        break;
    }
    if (!node.label.empty())
        return toQString(node.label);
    return QStringLiteral("L%1 / %2").arg(node.layer.value).arg(node.feature.value);
}

} // namespace ui
