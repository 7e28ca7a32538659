#pragma once

#include "core/api/fluency_guard.h"
#include "core/base/result.h"

#include <optional>

namespace core {

/// Says which number of a guard is none.
Result<void> checkGuard(const std::optional<FluencyGuard>& guard);

} // namespace core
