#include "core/circuits/frozen_gradient.h"

#include "core/circuits/frozen_attention.h"

#include <ATen/ATen.h>

namespace core {

at::Tensor throughNormalized(const at::Tensor& gradient, NormKind kind, const at::Tensor& scale)
{
    const at::Tensor scaled = gradient / scale;
    // With its scale frozen a LayerNorm still subtracts the mean, which is linear.
    return kind == NormKind::LayerNorm ? scaled - scaled.mean(-1, /*keepdim=*/true) : scaled;
}

at::Tensor throughNorm(
    const at::Tensor& gradient, const Norm& norm, NormKind kind, const at::Tensor& scale)
{
    return throughNormalized(gradient * norm.gain, kind, scale);
}

at::Tensor throughWrite(const at::Tensor& gradient, const ReplacementModel& replacement, int layer)
{
    const ReplacementLayer& frozen = replacement.layers[static_cast<std::size_t>(layer)];
    if (!frozen.writesRaw || !frozen.postScale2.defined())
        return gradient;
    return throughNorm(gradient,
        replacement.model->weights().blocks[static_cast<std::size_t>(layer)].ln2Post,
        replacement.model->config().norm, frozen.postScale2.narrow(0, 0, gradient.size(1)));
}

at::Tensor throughAttention(
    const at::Tensor& gradient, const ReplacementModel& replacement, int layer)
{
    const FrozenAttention attention(replacement, layer, gradient.size(1));
    at::Tensor work, out = at::zeros_like(gradient, at::MemoryFormat::Contiguous);
    attention.addBack(attention.atValues(gradient, work), out);
    return out;
}

at::Tensor throughMlp(const at::Tensor& gradient, const ReplacementModel& replacement, int layer)
{
    const ModelConfig& config = replacement.model->config();
    const BlockWeights& block
        = replacement.model->weights().blocks[static_cast<std::size_t>(layer)];
    const ReplacementLayer& frozen = replacement.layers[static_cast<std::size_t>(layer)];
    const std::int64_t rows = gradient.size(0), P = gradient.size(1);
    const at::Tensor out = frozen.postScale2.defined()
        ? throughNorm(gradient, block.ln2Post, config.norm, frozen.postScale2.narrow(0, 0, P))
        : gradient;
    const auto back = [&](const at::Tensor& behind, const Linear& linear) {
        return at::mm(behind.reshape({rows * P, behind.size(2)}), linear.matrix().t())
            .view({rows, P, -1});
    };
    const at::Tensor post = back(out, block.mlp.down);
    at::Tensor in = back(
        post * frozen.mlpSlope.narrow(0, 0, P), config.isGated ? block.mlp.gate : block.mlp.up);
    if (config.isGated)
        in = in + back(post * frozen.mlpGate.narrow(0, 0, P), block.mlp.up);
    return throughNorm(in, block.ln2, config.norm, frozen.scale2.narrow(0, 0, P));
}

at::Tensor fromReadPoint(
    const at::Tensor& gradient, const ReplacementModel& replacement, int layer, std::int64_t first)
{
    const ModelConfig& config = replacement.model->config();
    const ReplacementLayer& frozen = replacement.layers[static_cast<std::size_t>(layer)];
    const at::Tensor scale = frozen.scale2.narrow(0, first, gradient.size(1));
    const HookKind in = frozen.dictionary->config().hookIn.kind;
    if (in == HookKind::ResidMid) // Checked when the replacement model was built.
        return gradient;
    // A LayerNorm's hook_normalized is what it gives, an RMSNorm's is before the gain.
    if (in == HookKind::MlpIn || config.norm == NormKind::LayerNorm)
        return throughNorm(gradient,
            replacement.model->weights().blocks[static_cast<std::size_t>(layer)].ln2, config.norm,
            scale);
    return throughNormalized(gradient, config.norm, scale);
}

} // namespace core
