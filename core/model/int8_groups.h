#pragma once

#include <cstdint>
#include <utility>

#include <ATen/core/Tensor.h>

namespace core {

/// Numbers of a stored row that share one scale. A row's last group may be shorter.
inline constexpr std::int64_t kInt8Group = 64;

/// A matrix in eight bits: each number is scale * q, q in -127 .. 127, scale = largest / 127 of its
/// group.
struct Int8Matrix {
    at::Tensor q; ///< [rows, columns] int8
    at::Tensor scales; ///< [rows, groups] float32
};

/// matrix [rows, columns] of a floating type on the CPU; a few rows at a time are widened.
Int8Matrix toInt8(const at::Tensor& matrix);
/// Back to float32 [rows, columns].
at::Tensor fromInt8(const at::Tensor& q, const at::Tensor& scales);

} // namespace core
