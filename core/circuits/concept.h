#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// How well each feature tells texts with a concept from texts without it. All [features].
struct ConceptScores {
    /// (share of texts with the concept at or above the best threshold + share of those without it
    /// below) / 2: 0.5 = no better than chance, 1 = all told apart. A feature counts for a concept
    /// only by being stronger with it.
    at::Tensor score; ///< float64
    at::Tensor meanWith, meanWithout; ///< float32
    at::Tensor shareWith, shareWithout; ///< Of texts on which it fires, float32.
};

/// `with` [texts, features] and `without` [other texts, features]: each text's largest activation.
/// Takes one sort of each column.
ConceptScores scoreConcept(const at::Tensor& with, const at::Tensor& without);

/// Columns whose score is above `above`, best first: by score, then by difference of means, then by
/// column. At most `limit`.
std::vector<std::int64_t> bestColumns(
    const ConceptScores& scores, std::int64_t limit, double above = 0.5);

} // namespace core
