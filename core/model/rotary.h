#pragma once

#include "core/model/model_config.h"

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace core {

/// theta^(-2j/dims), j < dims/2, bent by the configured scaling. [dims/2] float32
at::Tensor inverseFrequencies(const RotaryConfig& config, std::int64_t dims);

/// Rotary position embedding in Hugging Face's half-split layout (docs/formats.md section 2.1).
/// Keeps its tables for the positions it has seen.
class Rotary {
public:
    Rotary() = default;
    /// Turns the first `dims` entries of each head; the others pass.
    Rotary(const RotaryConfig& config, std::int64_t dims);

    /// x [B, T, H, d_head] whose first position is `start`.
    at::Tensor rotate(const at::Tensor& x, std::int64_t start) const;

private:
    void grow(std::int64_t positions, const at::Tensor& like) const;

    at::Tensor m_inverse; // [dims/2]
    mutable at::Tensor m_cos, m_sin; // [positions, 1, dims/2]
};

} // namespace core
