#pragma once

#include "core/circuits/replacement_model.h"

#include <ATen/core/Tensor.h>

namespace core {

/// The backward maps of one frozen block, written out: with patterns and norm scales fixed every
/// map is linear, so a gradient is a matrix product and needs no autograd. Gradients have shape
/// [rows, P, d_model] for positions 0..P-1.

/// Through a norm: from its output (after the gain) to its input. `scale` [P, 1].
at::Tensor throughNorm(
    const at::Tensor& gradient, const Norm& norm, NormKind kind, const at::Tensor& scale);
/// Through a norm without its gain: from `hook_normalized` to the norm's input.
at::Tensor throughNormalized(const at::Tensor& gradient, NormKind kind, const at::Tensor& scale);

/// From the residual stream behind the block to where the block's transcoder writes.
at::Tensor throughWrite(const at::Tensor& gradient, const ReplacementModel& replacement, int layer);

/// From the residual stream behind the block back through the MLP, by its derivative on this prompt
/// (models over residual SAEs), to the residual stream that the MLP's norm reads.
at::Tensor throughMlp(const at::Tensor& gradient, const ReplacementModel& replacement, int layer);

/// The dot product of each row with one vector for each position: gradient [rows, P, d_model],
/// vectors [P, d_model] to [rows, P], in one pass over the gradient.
at::Tensor dotsByPosition(const at::Tensor& gradient, const at::Tensor& vectors);

/// From a transcoder's input hook to the residual stream that the MLP's norm reads, at positions
/// first..first+P-1.
at::Tensor fromReadPoint(
    const at::Tensor& gradient, const ReplacementModel& replacement, int layer, std::int64_t first);

} // namespace core
