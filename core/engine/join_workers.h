#pragma once

#include "core/api/workers.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/workers/workers.h"

#include <memory>
#include <stop_token>

namespace core {

/// Waits for the others, or until it is stopped. Null where one works alone.
Result<std::shared_ptr<Workers>> joinWorkers(
    const WorkerGroup& group, const ProgressFn& progress, const std::stop_token& stop);

} // namespace core
