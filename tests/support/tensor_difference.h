#pragma once

#include <ATen/ATen.h>

namespace tests {

inline double largestDifference(const at::Tensor& a, const at::Tensor& b)
{
    return a.numel() == 0 ? 0.0 : (a - b).abs().max().item<double>();
}

} // namespace tests
