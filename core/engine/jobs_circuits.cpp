#include "core/circuits/graph_file.h"
#include "core/circuits/graph_tables.h"
#include "core/circuits/strongest_path.h"
#include "core/engine/check_work.h"
#include "core/engine/circuit_work.h"
#include "core/engine/feature_rows.h"
#include "core/engine/job_support.h"
#include "core/engine/trace_jobs.h"

namespace core {

Result<TraceJobResult> traceJob(const TraceJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<TraceJobResult> {
        auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        auto traced = tracePrompt(*model, job.request, control.progress, control.stop);
        if (!traced)
            return fail(traced.error());
        if (!job.tensorFile.empty())
            if (auto saved = saveGraphTensors(job.tensorFile, *traced); !saved)
                return fail(saved.error());
        const auto reader = labelsFor(job.model, control);
        const NodeLabel label = nodeLabels(*model, reader ? rowLookup(*reader) : RowLookup());
        TraceJobResult out;
        out.graph = buildGraph(
            *traced, job.request.settings.nodeThreshold, job.request.settings.edgeThreshold, label);
        if (!job.graphFile.empty())
            if (auto written = writeGraphFile(out.graph, job.graphFile); !written)
                return fail(written.error());
        if (!job.tableFile.empty())
            if (auto written = writeNodeTable(out.graph, job.tableFile); !written)
                return fail(written.error());
        const auto path = strongestPath(out.graph, mostProbableLogit(out.graph));
        out.strongestPath.assign(path.begin(), path.end());
        if (job.checkedFeatures > 0) {
            CheckRequest request;
            request.features = job.checkedFeatures;
            auto check
                = checkTraced(*model, *traced, request, label, control.progress, control.stop);
            if (!check)
                return fail(check.error());
            out.check = std::move(*check);
        }
        return out;
    });
}

Result<TraceEstimate> estimateTraceJob(const TraceJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<TraceEstimate> {
        auto model = loadForJob(job.model, job.dictionaries, control);
        if (!model)
            return fail(model.error());
        return estimateTrace(*model, job.request, control.stop);
    });
}

} // namespace core
