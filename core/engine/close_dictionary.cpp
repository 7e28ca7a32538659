#include "core/api/close_dictionary.h"

#include "core/engine/request_table.h"

namespace core {

Result<EngineState> run(const CloseDictionaryRequest& request, Context& context)
{
    if (auto closed = context.bench.close(request.dictionary); !closed)
        return fail(closed.error());
    return context.bench.state();
}

const Handles<CloseDictionaryRequest> kCloseDictionary(Runs::AsAnAnswer, run);

} // namespace core
