#include "core/api/inspect_model.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/model_folder.h"
#include "core/engine/request_table.h"

namespace core {

Result<ModelInfo> run(const InspectModelRequest& request, Context& context)
{
    const Workbench& bench = context.bench;
    const auto precision = bench.precisionOf(request.model);
    if (!precision)
        return fail(precision.error());
    return inspectModelFolder(modelPath(request.model.path, bench.options.resources), *precision);
}

const Handles<InspectModelRequest> kInspectModel(Runs::AtAClick, run);

} // namespace core
