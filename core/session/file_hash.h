#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <stop_token>
#include <string>

namespace core {

/// Tells whether what lies at a path is what lay there, or elsewhere, before: a hash over the files
/// of a model or dictionary by their names in the folder, the same on every machine. Files up to
/// 16 MB are read whole, of larger ones the beginning, the end and 256 places between. Other files
/// in the folder (pictures, notes) do not count. Cancelled when stopped.
Result<std::string> hashOfFiles(
    const std::filesystem::path& path, const std::stop_token& stop = {});

} // namespace core
