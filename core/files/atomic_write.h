#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <functional>
#include <ostream>
#include <string_view>

namespace core {

/// Writes to a temporary in the same folder, flushes it to disk and renames it: afterwards `path`
/// holds all of the new content or what it held before. Errors name the path and the system's
/// reason.
Result<void> writeAtomically(
    const std::filesystem::path& path, const std::function<Result<void>(std::ostream&)>& write);
Result<void> writeAtomically(const std::filesystem::path& path, std::string_view text);

} // namespace core
