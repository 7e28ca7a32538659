#pragma once

#include "core/training/dictionary_scaling.h"

namespace core {

/// The one threshold in place of BatchTopK: with it the dictionary keeps k features a token, on
/// average over the recorded text, as the batches of training did. Measured on the weights as they
/// are, over evenly spaced rows (all of a short text); an average of the cutoffs on the way lags
/// behind the weights for hundreds of steps. 0 where fewer than k values are positive.
double batchTopKThreshold(const ActivationStore& store, const DictionaryScaling& scaling,
    const DictionaryWeights& weights, const DictionaryTrainerOptions& options);

} // namespace core
