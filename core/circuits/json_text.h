#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// JSON as Python writes it: NaN, Infinity and -Infinity are read as null. Errors name `file`, line
/// and column.
Result<nlohmann::json> parsePythonJson(std::string_view text, const std::string& file);

} // namespace core
