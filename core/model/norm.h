#pragma once

#include "core/model/transformer.h"

namespace core {

/// The two hook points inside a norm.
struct NormHookPoints {
    HookPoint scale; ///< sqrt(mean(x^2) + eps), of the centred x for LayerNorm [.., 1]
    HookPoint normalized; ///< x / scale, before gain and bias.
};

/// LayerNorm or RMSNorm over the last dimension (FORMATS.md 2.1). Takes torch's fused form when no
/// hook wants the inside.
at::Tensor applyNorm(const Norm& norm, const ModelConfig& config, const at::Tensor& x,
    const Hooks& hooks, const NormHookPoints& points);

} // namespace core
