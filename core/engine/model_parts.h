#pragma once

#include "core/model/model_config.h"

#include <string>
#include <vector>

namespace core {

/// What sets a model apart from a plain one, a short phrase each, for people: "4 query heads share
/// a key head", "sliding window of 8 tokens on layers 0, 2".
std::vector<std::string> modelParts(const ModelConfig& config);

} // namespace core
