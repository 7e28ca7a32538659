#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// Makes inputs comparable in size before a dictionary reads them, as SAELens does (docs/formats.md
/// section 4.1).
at::Tensor normalizeInput(const at::Tensor& x, InputNormalization kind); ///< x [.., d_in]
/// Model units per unit of the normalised input: [.., 1].
at::Tensor normalizationScale(const at::Tensor& x, InputNormalization kind);
/// Brings an output of the dictionary back to the units of the `x` it was made from.
at::Tensor undoNormalization(const at::Tensor& y, const at::Tensor& x, InputNormalization kind);

} // namespace core
