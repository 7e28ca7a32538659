#pragma once

#include "app/cli/json.h"
#include "core/api/evaluate.h"

#include <string>

namespace cli {

/// The figures of a dictionary on a text, under the names of docs/command-line.md.
Json qualityJson(const core::DictionaryQuality& quality);
/// The same for people.
std::string qualityText(const core::DictionaryQuality& quality);

} // namespace cli
