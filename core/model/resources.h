#pragma once

#include "core/base/result.h"
#include "core/model/model_config.h"
#include "core/model/precision.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace core {

struct StoredWeights;

/// Numbers in all distinct weights of a model with this config.
std::int64_t parameterCount(const ModelConfig& config);

/// What a model takes in memory, opened in one way; known before any weight is read.
struct MemoryNeed {
    Precision precision;
    std::int64_t mapped = 0; ///< Weights that stay in their files.
    std::int64_t converted = 0; ///< Weights in memory of their own.
    std::int64_t kvCache = 0;
    std::int64_t activations = 0; ///< Of one layer at a time, and the logits of one text.
    std::int64_t free = 0; ///< Now, on that device; 0 when the system does not say.

    std::int64_t total() const { return mapped + converted + kvCache + activations; }
    /// Mapped weights count: a model that is read from the disk again for every token is no use.
    bool fits() const { return free <= 0 || total() <= free; }
};

/// For `streams` texts of `positions` tokens run together. 0 positions: the whole context, at most
/// 1024.
MemoryNeed memoryNeed(const StoredWeights& weights, const ModelConfig& config,
    const Precision& precision, std::int64_t streams = 2, std::int64_t positions = 0);
/// The same for a folder, of which the headers of the weight files alone are read.
Result<MemoryNeed> memoryNeed(const std::filesystem::path& folder, const ModelConfig& config,
    const Precision& precision, std::int64_t streams = 2, std::int64_t positions = 0);
/// The same for every way of opening it on this machine, the CPU and float32 first.
std::vector<MemoryNeed> memoryNeeds(const StoredWeights& weights, const ModelConfig& config);
/// What a pass over `streams` texts takes beside the weights: key-value cache and activations.
std::int64_t passBytes(const ModelConfig& config, const Precision& precision,
    std::int64_t streams = 2, std::int64_t positions = 0);
/// Refuses what does not fit, with the figures and what to do instead.
Result<void> checkFits(const MemoryNeed& need, const StoredWeights& weights,
    const std::filesystem::path& folder, const ModelConfig& config);

/// Every device of this machine with every precision that works there, in the order of
/// `memoryNeeds`.
std::vector<Precision> precisionsHere();

/// Memory that can be taken without swapping, also by the limits of a container; 0 when the system
/// does not say.
std::int64_t freeMemoryBytes();

} // namespace core
