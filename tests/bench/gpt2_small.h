#pragma once

#include "core/model/model_config.h"

namespace bench {

/// The shape that speed goals are stated for.
inline core::ModelConfig gpt2Small()
{
    core::ModelConfig c;
    c.modelType = "gpt2";
    c.name = "gpt2-small-shaped";
    c.n_layers = c.n_heads = c.n_key_value_heads = 12;
    c.d_model = 768;
    c.d_head = 64;
    c.d_mlp = 3072;
    c.d_vocab = 50257;
    c.n_ctx = 1024;
    c.norm = core::NormKind::LayerNorm;
    c.activation = core::MlpActivation::GeluNew;
    c.isGated = c.hasRotary = false;
    c.isTied = c.hasAttentionBias = c.hasOutputBias = c.hasMlpBias = true;
    return c;
}

} // namespace bench
