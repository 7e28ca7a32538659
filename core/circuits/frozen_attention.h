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

    /// Of what attention adds to the residual stream: the gradient at the values, scaled for
    /// `addBack`. gradient [rows, P, d_model]; the result [rows, P, n_key_value_heads * d_head]
    /// lies in `work`, which is grown when it is too small and can be used again after `addBack`.
    at::Tensor atValues(const at::Tensor& gradient, at::Tensor& work) const;
    /// gradient += what `atValues` gave, carried on to the residual stream before the block.
    void addBack(const at::Tensor& atValues, at::Tensor gradient) const;

private:
    at::Tensor m_out; // [d_model, H * d_head]
    at::Tensor m_values; // [H_kv * d_head, d_model]
    at::Tensor m_mix; // [H, key, query]
    std::int64_t m_positions = 0, m_heads = 0, m_valueHeads = 0, m_headSize = 0;
};

} // namespace core
