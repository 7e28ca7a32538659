#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace core {

/// A massive activation (Sun et al. 2024) is a row far longer than others: on a few tokens (the
/// first ones of a text, often) a model parks a vector a few to a hundred times as long as any
/// other. Such a token is most of the variance of a text and says nothing about it. Rows are
/// massive that are both more than `kMassive` times as long as the median row and more than
/// `kMassiveSpreads` median absolute deviations longer: lengths in the residual stream lie close
/// together, those of other places do not.
inline constexpr double kMassive = 2.0, kMassiveSpreads = 15.0;

/// Of the rows [n, ..]: [n] float32.
at::Tensor rowLengths(const at::Tensor& rows);

/// What is longer is massive, of the lengths [n], where those of 0 do not count. Infinity where all
/// are 0.
double massiveLimit(const at::Tensor& lengths);

/// A sentence for people where some were left out; empty where none were.
std::string massiveNote(std::int64_t massive, std::int64_t others);

} // namespace core
