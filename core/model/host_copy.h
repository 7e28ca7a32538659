#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// Values of one device as float32 on the host, contiguous and of their own shapes. One copy for
/// all: each copy waits for the device. Undefined ones stay so. On the CPU nothing is copied that
/// is float32 and contiguous.
std::vector<at::Tensor> toHost(const std::vector<at::Tensor>& values);

/// 16-bit values as float32, exactly; others as they are. Sums and products outside the model's own
/// pass are taken in it.
at::Tensor widened(const at::Tensor& value);

} // namespace core
