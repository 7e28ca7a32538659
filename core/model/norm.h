#pragma once

#include "core/model/transformer.h"

namespace core {

/// The two hook points inside a norm.
struct NormHookPoints {
    HookPoint scale; ///< sqrt(mean(x^2) + eps), of the centred x for LayerNorm [.., 1]
    /// x / scale: before the gain of an RMSNorm; what comes out of a LayerNorm, gain and bias
    /// included. TransformerLens has it so, and dictionaries are trained on its values.
    HookPoint normalized;
};

/// LayerNorm or RMSNorm over the last dimension (docs/formats.md section 2.1), computed in float32
/// (or float64) and returned in x's type. Takes torch's fused form when no hook wants the inside.
at::Tensor applyNorm(const Norm& norm, const ModelConfig& config, const at::Tensor& x,
    const Hooks& hooks, const NormHookPoints& points);

/// The same without hook points: over each head's q or k.
at::Tensor applyNorm(const Norm& norm, const ModelConfig& config, const at::Tensor& x);

} // namespace core
