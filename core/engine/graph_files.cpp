#include "core/api/graph_files.h"

#include "core/circuits/graph_file.h"
#include "core/circuits/graph_tables.h"
#include "core/engine/request_table.h"

namespace core {

Result<std::string> run(const SaveGraphRequest& request, Context&)
{
    if (auto written = writeGraphFile(*request.graph, request.path); !written)
        return fail(written.error());
    return request.path;
}

Result<std::string> run(const SaveMatrixRequest& request, Context& context)
{
    auto traced = context.bench.graphs.find(request.graph);
    if (!traced)
        return fail(traced.error());
    if (auto saved = saveGraphTensors(request.path, **traced); !saved)
        return fail(saved.error());
    return request.path;
}

Result<std::string> run(const SaveNodeTableRequest& request, Context&)
{
    if (auto written = writeNodeTable(*request.graph, request.path); !written)
        return fail(written.error());
    return request.path;
}

Result<AttributionGraph> run(const LoadGraphRequest& request, Context&)
{
    return readGraphFile(request.path);
}

const Handles<SaveGraphRequest> kSaveGraph(Runs::OnWriter, run);
const Handles<SaveMatrixRequest> kSaveMatrix(Runs::AsAnAnswer, run);
const Handles<SaveNodeTableRequest> kSaveNodeTable(Runs::OnWriter, run);
const Handles<LoadGraphRequest> kLoadGraph(Runs::OnReader, run);

} // namespace core
