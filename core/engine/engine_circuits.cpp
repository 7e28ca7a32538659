#include "core/circuits/graph_file.h"
#include "core/engine/circuit_work.h"
#include "core/engine/engine_impl.h"
#include "core/engine/feature_rows.h"
#include "core/engine/intervene_work.h"
#include "core/model/resources.h"

namespace core {

void EngineImpl::trace(TraceRequest request, Reply<AttributionGraph> reply)
{
    post<AttributionGraph>(m_engineThread, Lane::Interactive, "trace", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<AttributionGraph> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            auto traced = tracePrompt(**model, request, progressFor("trace"), stop);
            if (!traced)
                return fail(traced.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            const TraceSettings settings = traced->settings;
            // freeMemoryBytes() no longer counts the new matrix, so what is free may be kept too.
            const std::int64_t most
                = request.memoryBytes > 0 ? request.memoryBytes : freeMemoryBytes() / 2;
            const std::uint64_t id = m_graphs.keep(std::move(*traced), most);
            AttributionGraph graph = buildGraph(**m_graphs.find(id), settings.nodeThreshold,
                settings.edgeThreshold, nodeLabels(**model, rows.lookup()));
            graph.id = id;
            return graph;
        });
}

void EngineImpl::prune(PruneRequest request, Reply<AttributionGraph> reply)
{
    post<AttributionGraph>(m_engineThread, Lane::Interactive, "prune", std::move(reply),
        [this, request](std::stop_token) -> Result<AttributionGraph> {
            auto traced = m_graphs.find(request.graph);
            if (!traced)
                return fail(traced.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            AttributionGraph graph = buildGraph(**traced, request.nodeThreshold,
                request.edgeThreshold, nodeLabels(m_model, rows.lookup()));
            graph.id = request.graph;
            return graph;
        });
}

void EngineImpl::intervene(InterveneRequest request, Reply<InterveneResult> reply)
{
    post<InterveneResult>(m_engineThread, Lane::Interactive, "intervene", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<InterveneResult> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            return interveneOn(**model, request, stop);
        });
}

void EngineImpl::swap(SwapRequest request, Reply<SwapResult> reply)
{
    post<SwapResult>(m_engineThread, Lane::Interactive, "swap", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<SwapResult> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            return swapFeatures(**model, request, rows.lookup(), stop);
        });
}

void EngineImpl::saveGraph(
    std::shared_ptr<const AttributionGraph> graph, std::string path, Reply<std::string> reply)
{
    post<std::string>(m_writerThread, Lane::Interactive, "", std::move(reply),
        [graph = std::move(graph), path = std::move(path)](std::stop_token) -> Result<std::string> {
            if (auto written = writeGraphFile(*graph, path); !written)
                return fail(written.error());
            return path;
        });
}

void EngineImpl::loadGraph(std::string path, Reply<AttributionGraph> reply)
{
    post<AttributionGraph>(m_readerThread, Lane::Interactive, "load-graph", std::move(reply),
        [path = std::move(path)](std::stop_token) { return readGraphFile(path); });
}

} // namespace core
