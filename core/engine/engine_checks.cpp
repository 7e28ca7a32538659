// What can be asked about graphs, and their tables and matrices as files.
#include "core/circuits/graph_difference.h"
#include "core/circuits/graph_tables.h"
#include "core/circuits/subgraph_scores.h"
#include "core/engine/check_work.h"
#include "core/engine/circuit_work.h"
#include "core/engine/engine_impl.h"
#include "core/engine/feature_rows.h"

#include <algorithm>

namespace core {

void EngineImpl::estimateTrace(TraceRequest request, Reply<TraceEstimate> reply)
{
    post<TraceEstimate>(m_engineThread, Lane::Interactive, "estimate", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<TraceEstimate> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            return core::estimateTrace(**model, request, stop);
        });
}

void EngineImpl::checkGraph(CheckRequest request, Reply<PerturbationCheck> reply)
{
    post<PerturbationCheck>(m_engineThread, Lane::Interactive, "check", std::move(reply),
        [this, request](std::stop_token stop) -> Result<PerturbationCheck> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            auto traced = m_graphs.find(request.graph);
            if (!traced)
                return fail(traced.error());
            if ((*traced)->model != (*model)->info.name)
                return fail(Error::Code::Unsupported,
                    "This graph was made by " + (*traced)->model
                        + ". Open that model to check it.");
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            return checkTraced(**model, **traced, request, nodeLabels(**model, rows.lookup()),
                progressFor("check"), stop);
        });
}

void EngineImpl::scoreSubgraph(Graph graph, Reply<SubgraphScore> reply)
{
    post<SubgraphScore>(m_readerThread, Lane::Interactive, "subgraph", std::move(reply),
        [graph = std::move(graph)](std::stop_token) -> Result<SubgraphScore> {
            const auto scores = subgraphScores(*graph, ScoredFeatures::Pinned);
            if (!scores)
                return fail(scores.error());
            SubgraphScore score{0, scores->replacement, scores->completeness, scores->errorShare};
            score.pinnedFeatures = static_cast<int>(
                std::count_if(graph->nodes.begin(), graph->nodes.end(), [](const GraphNode& node) {
                    return node.isPinned && node.kind == NodeKind::Feature;
                }));
            return score;
        });
}

void EngineImpl::compareGraphs(Graph first, Graph second, Reply<GraphComparison> reply)
{
    post<GraphComparison>(m_readerThread, Lane::Interactive, "compare", std::move(reply),
        [first = std::move(first), second = std::move(second)](
            std::stop_token) -> Result<GraphComparison> {
            GraphDifference difference = differenceOf(*first, *second);
            GraphComparison out;
            out.firstPrompt = first->prompt;
            out.secondPrompt = second->prompt;
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
        });
}

void EngineImpl::saveMatrix(std::uint64_t graph, std::string path, Reply<std::string> reply)
{
    post<std::string>(m_engineThread, Lane::Interactive, "", std::move(reply),
        [this, graph, path = std::move(path)](std::stop_token) -> Result<std::string> {
            auto traced = m_graphs.find(graph);
            if (!traced)
                return fail(traced.error());
            if (auto saved = saveGraphTensors(path, **traced); !saved)
                return fail(saved.error());
            return path;
        });
}

void EngineImpl::saveNodeTable(Graph graph, std::string path, Reply<std::string> reply)
{
    post<std::string>(m_writerThread, Lane::Interactive, "", std::move(reply),
        [graph = std::move(graph), path = std::move(path)](std::stop_token) -> Result<std::string> {
            if (auto written = writeNodeTable(*graph, path); !written)
                return fail(written.error());
            return path;
        });
}

} // namespace core
