#include "core/circuits/strongest_path.h"

#include <algorithm>
#include <cmath>
#include <queue>

namespace core {

std::int32_t mostProbableLogit(const AttributionGraph& graph)
{
    std::int32_t best = -1;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        if (graph.nodes[i].kind == NodeKind::Logit
            && (best < 0
                || graph.nodes[i].probability
                    > graph.nodes[static_cast<std::size_t>(best)].probability))
            best = static_cast<std::int32_t>(i);
    return best;
}

std::vector<std::int32_t> strongestPath(const AttributionGraph& graph, std::int32_t from)
{
    std::vector<std::int32_t> path;
    // A file's graph may have cycles; no path without one is longer than the nodes.
    for (std::int32_t at = from; at >= 0 && path.size() < graph.nodes.size();) {
        path.push_back(at);
        std::int32_t next = -1;
        float strongest = 0.0f;
        for (const GraphEdge& edge : graph.edges)
            if (edge.target == at && edge.weight > strongest
                && graph.nodes[static_cast<std::size_t>(edge.source)].kind != NodeKind::Error) {
                strongest = edge.weight;
                next = edge.source;
            }
        at = next;
    }
    return path;
}

std::vector<std::int32_t> strongestWay(
    const AttributionGraph& graph, std::int32_t source, std::int32_t target)
{
    const std::size_t count = graph.nodes.size();
    const auto isNode
        = [&](std::int32_t node) { return node >= 0 && static_cast<std::size_t>(node) < count; };
    if (!isNode(source) || !isNode(target))
        return {};
    std::vector<double> received(count, 0.0), carried(count, 0.0);
    std::vector<std::vector<const GraphEdge*>> leaving(count);
    for (const GraphEdge& edge : graph.edges) {
        received[static_cast<std::size_t>(edge.target)]
            += std::abs(static_cast<double>(edge.weight));
        if (edge.weight > 0)
            leaving[static_cast<std::size_t>(edge.source)].push_back(&edge);
    }
    // Shares are at most one, so a way never carries more by getting longer (Dijkstra).
    std::vector<std::int32_t> before(count, -1);
    std::priority_queue<std::pair<double, std::int32_t>> open;
    carried[static_cast<std::size_t>(source)] = 1.0;
    open.emplace(1.0, source);
    while (!open.empty()) {
        const auto [share, at] = open.top();
        open.pop();
        if (at == target)
            break;
        if (share < carried[static_cast<std::size_t>(at)])
            continue;
        for (const GraphEdge* edge : leaving[static_cast<std::size_t>(at)]) {
            const auto next = static_cast<std::size_t>(edge->target);
            const double reaches = share * static_cast<double>(edge->weight) / received[next];
            if (reaches <= carried[next])
                continue;
            carried[next] = reaches;
            before[next] = at;
            open.emplace(reaches, edge->target);
        }
    }
    std::vector<std::int32_t> way;
    if (carried[static_cast<std::size_t>(target)] <= 0)
        return way;
    for (std::int32_t at = target; at >= 0; at = before[static_cast<std::size_t>(at)])
        way.push_back(at);
    std::reverse(way.begin(), way.end());
    return way;
}

} // namespace core
