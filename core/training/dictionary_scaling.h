#pragma once

#include "core/dictionary/dictionary.h"
#include "core/training/activation_store.h"
#include "core/training/dictionary_training.h"

namespace core {

/// Brings activations to the size that learning rates and coefficients are meant for (mean norm
/// sqrt(d), SAELens' expected_average_only_in) while training, and is folded back into the weights
/// at the end, so that a saved dictionary reads the model's own activations. A transcoder's input
/// is centred too, because nothing subtracts a mean from it.
struct DictionaryScaling {
    double in = 1.0, out = 1.0;
    at::Tensor inMean; ///< [d_in]; undefined for an SAE.

    static DictionaryScaling measure(
        const ActivationStore& store, const DictionaryTrainerOptions& options);

    DictionaryBatch batch(const ActivationStore& store, const DictionaryTrainerOptions& options,
        const at::Tensor& indices) const;
    /// The dictionary in the model's units with decoder rows still of unit norm: activations too
    /// are in model units. `batchThreshold` stands in for BatchTopK, in training's units.
    Result<std::shared_ptr<const Dictionary>> fold(const DictionaryWeights& weights,
        const DictionaryTrainerOptions& options, double batchThreshold) const;
};

/// Random unit decoder rows, encoder rows equal to them (a transcoder's are drawn apart, since
/// input and output are different spaces), b_dec in the middle of the target.
DictionaryWeights initialWeights(const ActivationStore& store, const DictionaryScaling& scaling,
    const DictionaryTrainerOptions& options);

/// The point with the least sum of distances to the rows of x (Weiszfeld's iteration).
at::Tensor geometricMedian(const at::Tensor& x);

} // namespace core
