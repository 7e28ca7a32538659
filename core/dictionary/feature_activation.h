#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// The vectors that turn hidden_pre into activations; undefined where the kind has none.
struct ActivationWeights {
    at::Tensor threshold; ///< JumpReLU
    at::Tensor b_mag, b_gate, r_mag; ///< Gated
};

/// hidden_pre [.., features] to feature_acts (docs/formats.md section 4); Gated: p = sae_in W_enc
/// without a bias. `hidden_pre` is overwritten where no gradient is asked for: one pass, no new
/// memory.
at::Tensor activate(
    at::Tensor hidden_pre, const DictionaryConfig& config, const ActivationWeights& weights);

/// What Gated activations are made of: p exp(r_mag) + b_mag.
at::Tensor gatedMagnitude(const at::Tensor& p, const ActivationWeights& weights);

} // namespace core
