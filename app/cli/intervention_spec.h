#pragma once

#include "core/api/intervene.h"
#include "core/api/intervention.h"
#include "core/base/result.h"

#include <string>

namespace cli {

/// Reads `[DICT:]INDEX:MODE[=VALUE][@POSITIONS]` (docs/command-line.md). The dictionary part is
/// left as written, empty when absent; the caller gives it the name of an open dictionary.
core::Result<core::Intervention> parseIntervention(const std::string& spec);

/// Reads `LAYER:POSITION:INDEX=VALUE`.
core::Result<core::FeatureSetting> parseSetting(const std::string& spec);

} // namespace cli
