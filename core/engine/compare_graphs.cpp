#include "core/api/compare_graphs.h"

#include "core/circuits/graph_difference.h"
#include "core/engine/request_table.h"

namespace core {

Result<GraphComparison> run(const CompareGraphsRequest& request, Context&)
{
    GraphDifference difference = differenceOf(*request.first, *request.second);
    GraphComparison out;
    out.firstPrompt = request.first->prompt;
    out.secondPrompt = request.second->prompt;
    for (const GraphNode& node : difference.graph.nodes)
        ++(node.side == GraphSide::Both         ? out.nodesInBoth
                : node.side == GraphSide::First ? out.nodesInFirst
                                                : out.nodesInSecond);
    out.graph = std::move(difference.graph);
    for (const auto& [was, is] : difference.nodes)
        out.nodes.push_back({was.activation, is.activation, was.influence, is.influence});
    for (const auto& [was, is] : difference.weights)
        out.edges.push_back({was, is});
    return out;
}

const Handles<CompareGraphsRequest> kCompareGraphs(Runs::OnReader, run);

} // namespace core
