#include "core/circuits/strongest_path.h"

#include <algorithm>

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

} // namespace core
