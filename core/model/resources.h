#pragma once

#include "core/model/model_config.h"

#include <cstdint>

namespace core {

/// Numbers in all distinct weights of a model with this config.
std::int64_t parameterCount(const ModelConfig& config);

/// What a model will take in memory, known before any weight is read.
struct MemoryEstimate {
    std::int64_t weights = 0; ///< At float32.
    std::int64_t kvCache = 0;
    std::int64_t activations = 0; ///< Of one layer at a time, and the logits.

    std::int64_t total() const { return weights + kvCache + activations; }
};

/// For `streams` texts of `positions` tokens run together. 0 positions: the whole context, at most
/// 1024.
MemoryEstimate estimateBytes(
    const ModelConfig& config, std::int64_t streams = 2, std::int64_t positions = 0);

/// Memory that can be taken without swapping, also by the limits of a container; 0 when the system
/// does not say.
std::int64_t freeMemoryBytes();

} // namespace core
