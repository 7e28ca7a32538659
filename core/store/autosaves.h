#pragma once

#include "core/store/database.h"

#include <filesystem>
#include <optional>
#include <string>

namespace core {

/// Replaces what was kept for this run of a window; the newest twenty runs are kept.
Result<void> putAutosave(Database& database, const std::string& run, const std::string& data);

/// What was put last, by any run; nothing where the workspace is older or has none.
Result<std::optional<std::string>> newestAutosave(Database& database);

} // namespace core
