#pragma once

#include "core/training/dictionary_scaling.h"

#include <vector>

namespace core {

/// Whether training can begin with this dictionary's weights; else why not, and the mend. Any that
/// is of the options' place and width, and whose features are thresholded sums (ReLU, JumpReLU,
/// TopK).
Result<void> checkStart(const Dictionary& dictionary, const DictionaryTrainerOptions& options);

/// A dictionary as training sees it, the inverse of folding: with the same scales it gives what the
/// dictionary gives. `outScales` are of the layers it writes to, one where it does not cross
/// layers.
DictionaryWeights startWeights(const Dictionary& dictionary, const DictionaryScaling& scaling,
    const DictionaryTrainerOptions& options, const std::vector<double>& outScales);

} // namespace core
