#include "core/api/strongest_path.h"

#include "core/circuits/strongest_path.h"
#include "core/engine/request_table.h"

namespace core {

Result<std::vector<int>> run(const StrongestPathRequest& request, Context&)
{
    const auto path = strongestPath(*request.graph, mostProbableLogit(*request.graph));
    return std::vector<int>(path.begin(), path.end());
}

const Handles<StrongestPathRequest> kStrongestPath(Runs::OnReader, run);

} // namespace core
