#pragma once

#include "core/dictionary/dictionary.h"
#include "core/training/activation_store.h"
#include "core/training/dictionary_scaling.h"
#include "core/training/dictionary_training.h"

#include <cstdint>
#include <vector>

namespace core {

/// A cross-layer transcoder while it is trained: for each layer what reads the MLP's input there,
/// with decoders to its own and all later layers side by side in one row of unit norm, and b_dec of
/// its own layer's output. So a feature's row is to the shared code what a row of any dictionary
/// is, d_out being (layers written) * d.
struct CrossLayerWeights {
    std::vector<DictionaryWeights> layers;

    std::int64_t count() const { return static_cast<std::int64_t>(layers.size()); }
    CrossLayerWeights zerosLike() const;
};

/// One batch, scaled and centred as `scaling` says.
struct CrossLayerBatch {
    std::vector<at::Tensor> x; ///< [B, d] of each layer
    at::Tensor y; ///< [B, n_layers * d]: the outputs of all layers side by side
};

/// The columns of the outputs side by side that layer `layer` writes to: [B, (n - layer) * d].
at::Tensor writtenColumns(const at::Tensor& outputs, std::int64_t layer, std::int64_t layers);
/// Those of one layer's output alone: [B, d].
at::Tensor outputColumns(const at::Tensor& outputs, std::int64_t layer, std::int64_t layers);

/// Options and scales of each layer, in ascending order from layer 0. Each output has mean norm
/// sqrt(d), so that every layer's error counts alike whatever its size in the model.
struct CrossLayerPlaces {
    std::vector<DictionaryTrainerOptions> options;
    std::vector<DictionaryScaling> scaling;

    static CrossLayerPlaces measure(
        const ActivationStore& store, std::vector<DictionaryTrainerOptions> options);
    CrossLayerBatch batch(const ActivationStore& store, const at::Tensor& indices) const;
};

/// Begins as transcoders of each layer alone, as their own trainer begins them: decoders to later
/// layers are zero. Whatever it learns beyond them makes it better than they are.
CrossLayerWeights initialCrossLayerWeights(
    const ActivationStore& store, const CrossLayerPlaces& places);

/// The layers in the model's units, the whole decoder row of a feature (to all layers) still of
/// unit norm. `thresholds` (one a layer, in training's units) stand in for BatchTopK.
Result<Dictionaries> foldCrossLayer(const CrossLayerWeights& weights,
    const CrossLayerPlaces& places, const std::vector<double>& thresholds);

} // namespace core
