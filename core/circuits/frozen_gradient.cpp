#include "core/circuits/frozen_gradient.h"

#include "core/model/attention.h"

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
    const ModelConfig& config = replacement.model->config();
    const BlockWeights& block
        = replacement.model->weights().blocks[static_cast<std::size_t>(layer)];
    const ReplacementLayer& frozen = replacement.layers[static_cast<std::size_t>(layer)];
    const std::int64_t rows = gradient.size(0), P = gradient.size(1), d_head = config.d_head;
    const std::int64_t H = config.n_heads, H_kv = config.n_key_value_heads;

    const at::Tensor added = frozen.postScale1.defined()
        ? throughNorm(gradient, block.ln1Post, config.norm, frozen.postScale1.narrow(0, 0, P))
        : gradient;
    const at::Tensor flat = added.reshape({rows * P, gradient.size(2)});
    const at::Tensor z = at::mm(flat, block.attention.o.matrix().t()) // [rows * P, H * d_head]
                             .view({rows, P, H, d_head})
                             .permute({2, 1, 0, 3})
                             .reshape({H, P, rows * d_head});
    const at::Tensor pattern = frozen.pattern.narrow(1, 0, P).narrow(2, 0, P); // [H, query, key]
    at::Tensor values = at::bmm(pattern.transpose(1, 2), z); // [H, key, rows * d_head]
    if (H_kv != H) // Query heads that share a value head add up.
        values = values.view({H_kv, H / H_kv, P, rows * d_head}).sum(1);
    values = values.view({H_kv, P, rows, d_head})
                 .permute({2, 1, 0, 3})
                 .reshape({rows * P, H_kv * d_head});
    const at::Tensor out = at::mm(values, valueProjection(block.attention, config).matrix().t())
                               .view({rows, P, config.d_model});
    return throughNorm(out, block.ln1, config.norm, frozen.scale1.narrow(0, 0, P));
}

at::Tensor fromReadPoint(
    const at::Tensor& gradient, const ReplacementModel& replacement, int layer, std::int64_t first)
{
    const ModelConfig& config = replacement.model->config();
    const ReplacementLayer& frozen = replacement.layers[static_cast<std::size_t>(layer)];
    const at::Tensor scale = frozen.scale2.narrow(0, first, gradient.size(1));
    const HookKind in = frozen.transcoder->config().hookIn.kind;
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
