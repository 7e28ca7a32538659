#pragma once

#include "core/api/intervene.h"
#include "core/api/intervention.h"
#include "core/base/result.h"

#include <optional>
#include <string>

namespace cli {

/// Reads `[DICT:]INDEX:MODE[=VALUE][@POSITIONS][?DICT:INDEX>VALUE]` (docs/command-line.md).
/// Dictionaries are left as written, the first is empty when absent; the caller gives them the
/// names of open ones.
core::Result<core::Intervention> parseIntervention(const std::string& spec);

/// Reads "clamp", "min-clamp" and so on; none for anything else.
std::optional<core::InterventionMode> parseMode(const std::string& text);

/// `DICT:INDEX`, as parseFeature reads it.
std::string spelled(const core::FeatureRef& feature);

/// Reads `DICT:INDEX`; throws a usage error of the option on anything else.
core::FeatureRef parseFeature(const std::string& option, const std::string& text);

/// Reads `LAYER:POSITION:INDEX=VALUE`.
core::Result<core::FeatureSetting> parseSetting(const std::string& spec);

} // namespace cli
