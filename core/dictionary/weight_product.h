#pragma once

#include <ATen/core/Tensor.h>

namespace core {

// Products with a dictionary's matrices as they are stored: float32 or 16 bits, either way round.
// Of 16-bit matrices a block of features at a time is widened, so that no float32 copy of the whole
// exists.

/// x [.., d_in] times W_enc [d_sae, d_in] (any strides), plus b [d_sae] where defined.
at::Tensor encoderProduct(const at::Tensor& x, const at::Tensor& W_enc, const at::Tensor& b);

/// acts [.., d_sae] times W_dec [d_sae, d_out], reading every row.
at::Tensor decoderProduct(const at::Tensor& acts, const at::Tensor& W_dec);

/// Lengths of the rows: [d_sae], float32.
at::Tensor rowNorms(const at::Tensor& W_dec);
/// Rows `index` in float32.
at::Tensor widenedRows(const at::Tensor& W, const at::Tensor& index);

} // namespace core
