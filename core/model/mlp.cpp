#include "core/model/mlp.h"

#include "core/model/sigmoid_gate.h"

#include <utility>

#include <ATen/ATen.h>

namespace core {

at::Tensor applyActivation(MlpActivation activation, const at::Tensor& x)
{
    if (canGateBySigmoid(activation, x)) {
        at::Tensor out = at::empty_like(x);
        gateBySigmoid(activation, x, out);
        return out;
    }
    switch (activation) {
    case MlpActivation::GeluNew:
        return at::gelu(x, "tanh");
    case MlpActivation::Gelu:
        return at::gelu(x, "none");
    case MlpActivation::Silu:
        return at::silu(x);
    case MlpActivation::Relu:
        break;
    }
    return at::relu(x);
}

at::Tensor applyMlp(const MlpWeights& weights, const ModelConfig& config, const Hooks& hooks,
    Layer layer, const at::Tensor& x)
{
    at::Tensor pre = (config.isGated ? weights.gate : weights.up).apply(x);
    hooks.visit({HookKind::MlpPre, layer}, pre);
    at::Tensor post;
    if (!hooks.wants({HookKind::MlpPre, layer}) && canGateBySigmoid(config.activation, pre)) {
        gateBySigmoid(config.activation, pre, pre); // Nobody else holds it.
        post = std::move(pre);
    } else {
        post = applyActivation(config.activation, pre);
    }
    if (config.isGated) {
        at::Tensor linear = weights.up.apply(x);
        hooks.visit({HookKind::MlpPreLinear, layer}, linear);
        post = post * linear;
    }
    hooks.visit({HookKind::MlpPost, layer}, post);
    at::Tensor out = weights.down.apply(post);
    hooks.visit({HookKind::MlpRawOut, layer}, out);
    return out;
}

} // namespace core
