#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace core {

/// A row longer than so many times the median row is a massive activation (Sun et al. 2024): on a
/// few tokens (the first ones of a text, often) a model parks a vector a hundred times as long as
/// any other. Such a token is most of the variance of a text and says nothing about it.
inline constexpr double kMassive = 10.0;

/// Of the rows [n, ..]: [n] float32.
at::Tensor rowLengths(const at::Tensor& rows);

/// kMassive times the median of the lengths [n] that are not 0; what is longer is massive. Infinity
/// where all are 0.
double massiveLimit(const at::Tensor& lengths);

/// A sentence for people where some were left out; empty where none were.
std::string massiveNote(std::int64_t massive, std::int64_t others);

} // namespace core
