#pragma once

#include "core/dictionary/dictionary.h"

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// Sets one feature at one position to a value; 0 = off. The value is absolute, in the dictionary's
/// activation units.
struct FeatureChange {
    Layer layer;
    Position position;
    FeatureId feature;
    double value = 0.0;
    bool isOpenEnded = false; ///< Also at every later position, generated ones included.
};

/// The changes to one dictionary's features, as what they add to the model: (value - activation) *
/// decoder row, with the reconstruction error kept. Rows are copied out once, so that each
/// generated token touches nothing else.
class FeatureEdit {
public:
    FeatureEdit(std::shared_ptr<const Dictionary> dictionary, std::vector<FeatureChange> changes);

    const Dictionary& dictionary() const { return *m_dictionary; }

    /// x [1, T, d_in] at positions start..start+T-1 to what is added at the output hook [1, T,
    /// d_out], or at that of the layer `offset` layers later (cross-layer transcoders).
    /// `activations` [T, features] replaces those read from x when it is defined.
    at::Tensor delta(const at::Tensor& x, std::int64_t start, const at::Tensor& activations = {},
        int offset = 0) const;
    /// [T, features]: what x activates of the features that are changed.
    at::Tensor activations(const at::Tensor& x) const;

private:
    std::shared_ptr<const Dictionary> m_dictionary;
    std::vector<FeatureChange> m_changes;
    std::vector<std::int64_t> m_column; // Of each change among the slice's features.
    FeatureSlice m_slice;
    std::vector<at::Tensor> m_written; // [layers written] of [features, d_out].
};

} // namespace core
