#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace core {

/// A row longer than so many times the median row is a massive activation (Sun et al. 2024): on a
/// few tokens (the first ones of a text, often) a model parks a vector a hundred times as long as
/// any other. Such a token is most of the variance of a text and says nothing about it.
inline constexpr double kMassive = 10.0;

/// Which of the rows [n, ..] are at most `limit` long: [n] bool.
at::Tensor rowsUpTo(const at::Tensor& rows, double limit);

/// kMassive times the median length of the rows [n, ..].
double massiveLimit(const at::Tensor& rows);

/// A sentence for people where some were left out; empty where none were.
std::string massiveNote(std::int64_t massive, std::int64_t others);

} // namespace core
