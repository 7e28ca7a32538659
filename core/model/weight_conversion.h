#pragma once

#include "core/model/precision.h"
#include "core/model/weight_files.h"

#include <cstdint>

namespace core {

/// The bytes that a weight takes once it is open.
struct WeightBytes {
    std::int64_t mapped = 0, converted = 0;
};

/// Matrices and embeddings take the form that `precision` asks for. Blocks as stored stay blocks on
/// the CPU where there are kernels for them, others become float32. Gains and biases are always
/// float32, positions float32 on the CPU.
WeightBytes weightBytes(
    const StoredWeight& stored, const ModelConfig& config, const Precision& precision);

/// Puts a stored weight where its slot points to: a view of the map where the form is the stored
/// one, otherwise a copy on the device.
Result<void> placeWeight(
    const StoredWeight& stored, const ModelConfig& config, const Precision& precision);

} // namespace core
