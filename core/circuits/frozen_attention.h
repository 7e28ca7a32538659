#pragma once

#include "core/circuits/replacement_model.h"

#include <ATen/core/Tensor.h>

namespace core {

/// The way back through one block's frozen attention for gradients at positions 0..P-1, as two
/// matrix products and one pass between them: norms, their scales and gains are folded into the
/// projections and the pattern once, since with all of them held every map is linear.
class FrozenAttention {
public:
    FrozenAttention(const ReplacementModel& replacement, int layer, std::int64_t positions);

    /// From what attention adds to the residual stream back to the residual stream before the
    /// block: gradient [rows, P, d_model] to the same shape.
    at::Tensor through(const at::Tensor& gradient) const;
    /// gradient += through(gradient), a few rows at a time, so that what is in between stays in the
    /// cache.
    void addThrough(at::Tensor gradient) const;

private:
    at::Tensor mixed(at::Tensor z, std::int64_t rows) const;

    at::Tensor m_out; // [H * d_head, d_model]
    at::Tensor m_values; // [d_model, H_kv * d_head]
    at::Tensor m_mix; // [H, key, query]
    std::int64_t m_positions = 0, m_heads = 0, m_valueHeads = 0, m_headSize = 0;
};

} // namespace core
