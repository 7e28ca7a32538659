#pragma once

#include "app/cli/json.h"
#include "core/api/token_info.h"

#include <string>
#include <vector>

namespace cli {

/// "1,2,3" to ids; throws UsageError on anything else.
std::vector<core::TokenId> parseIds(const std::string& text);

Json nextTokensJson(const std::vector<core::NextToken>& tokens);

} // namespace cli
