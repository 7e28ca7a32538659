#pragma once

#include "core/base/result.h"
#include "core/files/gguf_file.h"

#include <memory>
#include <vector>

namespace core {

struct ModelConfig;

/// The tensor `rope_freqs.weight`, where a model has it: what each inverse frequency is divided by.
/// Those of Llama 3's scaling become its four numbers, so that the model can be saved as a Hugging
/// Face folder; others stay as they are in `RotaryConfig::factors`.
Result<void> readGgufRotaryFactors(
    const std::vector<std::shared_ptr<const GgufFile>>& model, ModelConfig& config);

} // namespace core
