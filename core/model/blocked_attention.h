#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace core {

/// Can `blockedAttention` do this? CPU, float32, no gradient asked for, no ReferenceScope.
bool canBlockAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);

/// Causal attention a block of queries at a time: the matrix of all scores is never made, and what
/// the mask hides is not computed. Up to eight queries, a decoding step, read the kept keys and
/// values once.
///
/// q [B, T, H, d_head] are the last T of the T_all positions of k and v [B, H_kv, T_all, d_head];
/// H is a multiple of H_kv, and query heads n share key head n / (H / H_kv). Any strides with
/// contiguous d_head. Scores are q k `scale`, then `softcap` tanh(score / `softcap`) where it is
/// not 0; a position sees `window` keys, itself included, 0 = all. Returns z [B, T, H, d_head].
at::Tensor blockedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
    double scale, double softcap, std::int64_t window);

} // namespace core
