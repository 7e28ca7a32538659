#pragma once

#include <ATen/core/Tensor.h>

namespace core {

/// feature_acts [.., d_sae] times W_dec [d_sae, d_out] (float32 or 16 bits), reading only the rows
/// of active features where few are active (a dense product reads every row). Gradients flow: with
/// them on, the product is dense.
at::Tensor decodeActive(const at::Tensor& feature_acts, const at::Tensor& W_dec);

} // namespace core
