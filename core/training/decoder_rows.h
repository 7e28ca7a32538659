#pragma once

#include <ATen/core/Tensor.h>

/// What keeps decoder rows at length one while they are trained; tensors are float32 [d_sae,
/// d_out].
namespace core {

/// Takes from each gradient row what lies along the decoder row: it would only change the norm,
/// which is fixed.
void projectOut(const at::Tensor& W_dec, at::Tensor& gradient);
void normalizeRows(at::Tensor& W_dec);

} // namespace core
