#include "core/circuits/graph_file.h"
#include "core/circuits/pruning.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/circuit_work.h"
#include "core/engine/feature_rows.h"
#include "core/engine/job_support.h"
#include "core/model/tensor_io.h"

#include <cstring>

namespace core {

namespace {

/// The unpruned graph as tensors, in circuit-tracer's order.
Result<void> saveGraphTensors(const std::string& path, const TracedGraph& traced)
{
    const GraphMatrix& matrix = traced.matrix;
    const auto n = matrix.size();
    const auto count = static_cast<std::int64_t>(matrix.features.size());
    const at::Tensor active = at::empty({count, 3}, at::kLong);
    const at::Tensor values = at::empty({count});
    for (std::int64_t i = 0; i < count; ++i) {
        const GraphFeature& feature = matrix.features[static_cast<std::size_t>(i)];
        active[i][0] = feature.layer.value;
        active[i][1] = feature.position.value;
        active[i][2] = feature.feature.value;
        values[i] = feature.activation;
    }
    const auto logits = static_cast<std::int64_t>(matrix.logits.size());
    const at::Tensor ids = at::empty({logits}, at::kLong);
    const at::Tensor probabilities = at::empty({logits});
    for (std::int64_t i = 0; i < logits; ++i) {
        ids[i] = matrix.logits[static_cast<std::size_t>(i)].token.value;
        probabilities[i] = matrix.logits[static_cast<std::size_t>(i)].probability;
    }
    const at::Tensor adjacency = at::empty({n, n});
    std::memcpy(adjacency.data_ptr<float>(), matrix.adjacency.data(),
        matrix.adjacency.size() * sizeof(float));
    const at::Tensor influence = at::empty({n});
    for (std::int64_t i = 0; i < n; ++i)
        influence[i] = traced.influence.influence[static_cast<std::size_t>(i)];
    const Pruned pruned = pruneGraph(
        matrix, traced.influence, traced.settings.nodeThreshold, traced.settings.edgeThreshold);
    const at::Tensor nodeMask = at::zeros({n}, at::kByte);
    for (std::int64_t i = 0; i < n; ++i)
        nodeMask[i] = pruned.isKept[static_cast<std::size_t>(i)] ? 1 : 0;
    const at::Tensor edgeMask = at::zeros({n, n}, at::kByte);
    for (const GraphEdge& edge : pruned.edges)
        edgeMask[edge.target][edge.source] = 1;
    return saveTensors(path,
        {{"active_features", active}, {"activation_values", values},
            {"adjacency_matrix", adjacency}, {"logit_token_ids", ids},
            {"logit_probabilities", probabilities}, {"node_influence", influence},
            {"node_mask", nodeMask}, {"edge_mask", edgeMask}});
}

/// Labels for nodes: the built-in model's come from its workspace, others have none on the command
/// line.
std::unique_ptr<WorkspaceReader> labelsFor(const std::string& model, const JobControl& control)
{
    if (model != "builtin")
        return nullptr;
    auto reader = WorkspaceReader::open(builtinPaths(control.resources).workspace());
    return reader ? std::move(*reader) : nullptr;
}

} // namespace

Result<AttributionGraph> traceJob(const TraceJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<AttributionGraph> {
        auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        TraceRequest request = job.request;
        auto targets = targetTokens(*model, job.targets);
        if (!targets)
            return fail(targets.error());
        request.targets = *targets;
        auto traced = tracePrompt(*model, request, control.progress, control.stop);
        if (!traced)
            return fail(traced.error());
        if (!job.tensorFile.empty())
            if (auto saved = saveGraphTensors(job.tensorFile, *traced); !saved)
                return fail(saved.error());
        const auto reader = labelsFor(job.model, control);
        AttributionGraph graph
            = buildGraph(*traced, request.settings.nodeThreshold, request.settings.edgeThreshold,
                nodeLabels(*model, reader ? rowLookup(*reader) : RowLookup()));
        if (!job.graphFile.empty())
            if (auto written = writeGraphFile(graph, job.graphFile); !written)
                return fail(written.error());
        return graph;
    });
}

Result<InterveneResult> interveneJob(const InterveneJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<InterveneResult> {
        auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        return interveneOn(*model, job.request, control.stop);
    });
}

Result<SwapTestResult> swapTestJob(const std::string& model,
    const std::vector<std::string>& dictionaries, const std::vector<SwapPair>& pairs,
    const JobControl& control)
{
    return guarded([&]() -> Result<SwapTestResult> {
        auto loaded = loadForJob(model, dictionaries, control);
        if (!loaded)
            return fail(loaded.error());
        std::vector<std::string> names;
        if (!dictionaries.empty())
            for (const auto& dictionary : loaded->dictionaries)
                names.push_back(dictionary->config().name);
        SwapTestResult out;
        double swapped = 0;
        for (const SwapPair& pair : pairs) {
            if (control.stop.stop_requested())
                return cancelled();
            auto result = swapFeatures(
                *loaded, SwapRequest{pair.prompt, pair.donor, names}, {}, control.stop);
            if (!result)
                return fail(result.error());
            swapped += result->isSwapped ? 1 : 0;
            out.results.push_back(std::move(*result));
            if (control.progress)
                control.progress({"Swapping", static_cast<std::int64_t>(out.results.size()),
                    static_cast<std::int64_t>(pairs.size()), "pairs"});
        }
        out.successRate = pairs.empty() ? 0.0 : swapped / static_cast<double>(pairs.size());
        return out;
    });
}

} // namespace core
