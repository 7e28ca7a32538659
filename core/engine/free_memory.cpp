#include "core/api/free_memory.h"

#include "core/engine/request_table.h"
#include "core/model/resources.h"

namespace core {

Result<std::int64_t> run(const FreeMemoryRequest&, Context&)
{
    return freeMemoryBytes();
}

const Handles<FreeMemoryRequest> kFreeMemory(Runs::OnReader, run);

} // namespace core
