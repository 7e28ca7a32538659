#pragma once

#include "core/base/result.h"
#include "core/training/dictionary_training.h"

#include <cstdint>
#include <vector>

namespace core {

/// Refuses what cannot be trained or saved, naming the field, its value and the mend. `d_in`: the
/// width of what is read.
Result<void> checkOptions(const DictionaryTrainerOptions& options, std::int64_t d_in);

/// Its numbers alone, whatever is read.
Result<void> checkNumbers(const DictionaryTrainerOptions& options);

/// What a cross-layer transcoder asks for besides.
Result<void> checkCrossLayerOptions(const std::vector<DictionaryTrainerOptions>& layers);

/// How many features these options make of what is `d_in` wide.
std::int64_t featuresOf(const DictionaryTrainerOptions& options, std::int64_t d_in);

} // namespace core
