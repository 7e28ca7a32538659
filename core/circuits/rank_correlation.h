#pragma once

#include <span>

namespace core {

/// How far two lists of the same length rise together, -1 to 1. Pairs with a number that is not
/// finite do not count. 0 where there is nothing to say: fewer than two pairs, or a list of equal
/// numbers.
double pearson(std::span<const float> a, std::span<const float> b);
/// Pearson of the ranks; equal numbers share the mean of their ranks.
double spearman(std::span<const float> a, std::span<const float> b);

} // namespace core
