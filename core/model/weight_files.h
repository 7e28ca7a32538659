#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/transformer.h"

#include <filesystem>
#include <stop_token>

namespace core {

/// Fills `weights` from a Hugging Face folder. Every tensor's shape and type is checked before any
/// is read. A missing unembedding turns `config.isTied` on.
Result<void> readWeights(const std::filesystem::path& folder, ModelConfig& config,
    TransformerWeights& weights, const ProgressFn& progress, const std::stop_token& stop);

} // namespace core
