#pragma once

#include "core/api/swap_test.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace cli {

/// Reads a JSON array of {"prompt", "donor", "answer"}, or of [prompt, donor, answer]; the answer
/// may be left out.
core::Result<std::vector<core::SwapPair>> readSwapPairs(const std::string& path);

} // namespace cli
