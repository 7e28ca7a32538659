#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/builtin/claim.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

namespace core {

/// Measures every claim about the built-in model on texts not used in training. Takes minutes.
///
/// It opens the folder by the same code as any model and uses nothing but what the files hold. A
/// claim that does not hold is in the list with its measured value; an Error means that it could
/// not be measured.
Result<std::vector<MeasuredClaim>> checkBuiltin(const std::filesystem::path& folder,
    const ProgressFn& progress = {}, std::stop_token stop = {});

} // namespace core
