#pragma once

#include "core/model/transformer.h"

namespace core {

at::Tensor applyActivation(MlpActivation activation, const at::Tensor& x);

/// down(act(up(x))), or down(act(gate(x)) * up(x)) when gated, before any norm behind it.
/// x [B, T, d_model]
at::Tensor applyMlp(const MlpWeights& weights, const ModelConfig& config, const Hooks& hooks,
    Layer layer, const at::Tensor& x);

} // namespace core
