#include "core/api/prune.h"

#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

namespace core {

Result<AttributionGraph> run(const PruneRequest& request, Context& context)
{
    auto traced = context.bench.graphs.find(request.graph);
    if (!traced)
        return fail(traced.error());
    auto open = context.model();
    if (!open)
        return fail(open.error());
    const LoadedModel& model = **open;
    AttributionGraph graph = buildGraph(**traced, request.nodeThreshold, request.edgeThreshold,
        nodeLabels(model, context.rows().lookup()));
    graph.id = request.graph;
    return graph;
}

const Handles<PruneRequest> kPrune(Runs::AtAClick, run);

} // namespace core
