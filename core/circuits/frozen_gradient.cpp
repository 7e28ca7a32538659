#include "core/circuits/frozen_gradient.h"

#include "core/circuits/vector_clones.h"
#include "core/model/host_copy.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace core {

namespace {

/// In sixteen sums side by side, which the compiler can keep in vectors without changing the order
/// of a sum.
FEATURESCOPE_CLONES float dot(const float* a, const float* b, std::int64_t n)
{
    constexpr std::int64_t kLanes = 16;
    float sums[kLanes] = {};
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        for (std::int64_t lane = 0; lane < kLanes; ++lane)
            sums[lane] += a[i + lane] * b[i + lane];
    float sum = 0.0f;
    for (const float part : sums)
        sum += part;
    for (; i < n; ++i)
        sum += a[i] * b[i];
    return sum;
}

} // namespace

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
        return at::mm(behind.reshape({rows * P, behind.size(2)}), widened(linear.matrix()).t())
            .view({rows, P, -1});
    };
    const at::Tensor post = back(out, block.mlp.down);
    at::Tensor in = back(
        post * frozen.mlpSlope.narrow(0, 0, P), config.isGated ? block.mlp.gate : block.mlp.up);
    if (config.isGated)
        in = in + back(post * frozen.mlpGate.narrow(0, 0, P), block.mlp.up);
    return throughNorm(in, block.ln2, config.norm, frozen.scale2.narrow(0, 0, P));
}

at::Tensor dotsByPosition(const at::Tensor& gradient, const at::Tensor& vectors)
{
    if (!gradient.is_cpu() || !gradient.is_contiguous())
        return (gradient * vectors).sum(2);
    const at::Tensor held = vectors.contiguous();
    const std::int64_t P = gradient.size(1), d_model = gradient.size(2);
    at::Tensor out = at::empty({gradient.size(0), P}, gradient.options());
    const float *rows = gradient.data_ptr<float>(), *by = held.data_ptr<float>();
    float* dots = out.data_ptr<float>();
    at::parallel_for(0, gradient.size(0) * P, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            dots[i] = dot(rows + i * d_model, by + (i % P) * d_model, d_model);
    });
    return out;
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
