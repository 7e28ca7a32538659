#pragma once

#include "core/circuits/activation_patching.h"
#include "core/dictionary/dictionary.h"

#include <cstdint>
#include <vector>

namespace core {

/// The features and the error term of one dictionary in two runs: what each would change if it took
/// the other run's value in the base run, with all else that the dictionary says kept. An effect is
/// approximated by the gradient where the dictionary writes times that change.
struct FeaturePatches {
    std::shared_ptr<const Dictionary> dictionary;
    /// One entry for each feature that is active in either run, [n] on the CPU, by position and
    /// feature.
    at::Tensor position, feature; ///< int64
    at::Tensor base, other; ///< Activations.
    at::Tensor approximate;
    at::Tensor scale; ///< [T, 1]: model units per unit of decoder row, in the base run.
    std::vector<at::Tensor> together; ///< For each layer written [T, d_out]: what all features
                                      ///< change together.
    at::Tensor error; ///< [T, ..] as its hook's value: the change of the error term.
    at::Tensor baseErrorNorm, otherErrorNorm, approximateError; ///< [T] on the CPU.

    std::int64_t size() const { return position.numel(); }
};

/// Where dictionaries read and write: what the two runs and the gradients must hold.
std::vector<HookPoint> featurePatchPoints(const Dictionaries& dictionaries, int n_layers);

/// What each dictionary leaves unexplained of its output hook, [T, ..] as the hook's value. Layers
/// of a cross-layer transcoder rebuild an output together, so all of them must be there.
Result<std::vector<at::Tensor>> dictionaryErrors(
    const Dictionaries& dictionaries, const ActivationCache& cache);

/// One dictionary; its errors in the two runs come from `dictionaryErrors`. Features of the first
/// `leftOut` positions do not count.
FeaturePatches featurePatches(std::shared_ptr<const Dictionary> dictionary, const PatchRun& base,
    const PatchRun& other, const ActivationCache& gradients, const at::Tensor& baseError,
    const at::Tensor& otherError, int leftOut = 0);

PatchCell featureCell(const FeaturePatches& patches, std::int64_t index);
PatchCell allFeaturesCell(const FeaturePatches& patches, int position);
PatchCell errorCell(const FeaturePatches& patches, int position);

} // namespace core
