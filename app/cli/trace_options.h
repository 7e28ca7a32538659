#pragma once

#include "app/cli/options.h"

#include <string>
#include <vector>

namespace cli {

/// MODEL and --dictionary of a verb that traces.
void addTracedModel(Verb verb, std::string& model, std::vector<std::string>& dictionaries);

} // namespace cli
