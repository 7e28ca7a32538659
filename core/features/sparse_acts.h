#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// The features that fire in a few rows of tokens: row r's are entries rowBegin[r] to rowBegin[r +
/// 1], by ascending feature. A feature fires where its activation is not zero.
struct SparseActs {
    std::vector<std::uint32_t> rowBegin{0};
    std::vector<std::uint32_t> features;
    std::vector<float> values;

    std::size_t rows() const { return rowBegin.size() - 1; }
    std::size_t bytes() const { return rowBegin.size() * 4 + features.size() * 8; }
    float at(std::size_t row, std::uint32_t feature) const; ///< 0 where it does not fire.
};

/// Rows of dense activations [rows, d_sae] that `isCounted` lets through; the others stay empty.
SparseActs sparseActs(const at::Tensor& feature_acts, std::span<const char> isCounted);

} // namespace core
