#include "core/circuits/frozen_attention.h"

#include "core/circuits/fast_product.h"
#include "core/circuits/vector_clones.h"
#include "core/model/attention.h"
#include "core/model/host_copy.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace core {

namespace {

constexpr std::int64_t kBlock = 64; ///< Floats summed in registers at a time.
constexpr std::int64_t kChunkRows = 2048; ///< Of a product, by `addThrough`.

/// A norm's way back without its scale: the gain, and for a LayerNorm the mean's removal.
at::Tensor throughGain(const at::Tensor& rows, const Norm& norm, NormKind kind)
{
    const at::Tensor gained = rows * norm.gain;
    return kind == NormKind::LayerNorm ? gained - gained.mean(-1, /*keepdim=*/true) : gained;
}

struct Mix {
    const float* weights; // [H, key, query]
    std::int64_t P, heads, valueHeads, headSize;
};

/// One row: what arrives at the values of each key, from all later queries. `out` may be `z` when
/// there are as many value heads as heads: a key reads itself and what follows.
FEATURESCOPE_CLONES void mixRow(const Mix& mix, const float* z, float* out)
{
    const std::int64_t shared = mix.heads / mix.valueHeads, width = mix.heads * mix.headSize;
    for (std::int64_t g = 0; g < mix.valueHeads; ++g)
        for (std::int64_t key = 0; key < mix.P; ++key)
            for (std::int64_t first = 0; first < mix.headSize; first += kBlock) {
                float sum[kBlock] = {};
                const std::int64_t n = std::min(kBlock, mix.headSize - first);
                for (std::int64_t h = g * shared; h < (g + 1) * shared; ++h) {
                    const float* weight = mix.weights + (h * mix.P + key) * mix.P;
                    for (std::int64_t query = key; query < mix.P; ++query) {
                        const float w = weight[query];
                        if (w == 0.0f) // Outside a sliding window.
                            continue;
                        const float* from = z + query * width + h * mix.headSize + first;
                        if (n == kBlock)
                            for (std::int64_t i = 0; i < kBlock; ++i)
                                sum[i] += w * from[i];
                        else
                            for (std::int64_t i = 0; i < n; ++i)
                                sum[i] += w * from[i];
                    }
                }
                std::copy_n(sum, n, out + (key * mix.valueHeads + g) * mix.headSize + first);
            }
}

} // namespace

FrozenAttention::FrozenAttention(
    const ReplacementModel& replacement, int layer, std::int64_t positions)
    : m_positions(positions)
{
    const ModelConfig& config = replacement.model->config();
    const auto l = static_cast<std::size_t>(layer);
    const BlockWeights& block = replacement.model->weights().blocks[l];
    const ReplacementLayer& frozen = replacement.layers[l];
    m_heads = config.n_heads;
    m_valueHeads = config.n_key_value_heads;
    m_headSize = config.d_head;
    const at::Tensor W_O = widened(block.attention.o.matrix()); // [H * d_head, d_model]
    const at::Tensor W_V
        = widened(valueProjection(block.attention, config).matrix()); // [d_model, ..]
    at::Tensor pattern = frozen.pattern.narrow(1, 0, positions).narrow(2, 0, positions);
    // A gradient g comes back through a norm as C (gain * g) / scale, C the mean's removal: the
    // gain and C go into the projection, the scale of each position into the pattern.
    m_values = forProducts(throughGain(W_V.t(), block.ln1, config.norm).t());
    pattern = pattern / frozen.scale1.narrow(0, 0, positions).view({1, 1, positions});
    if (frozen.postScale1.defined()) {
        // g -> C (gain * g) W_O^T = g * gain (C W_O^T).
        const at::Tensor centred
            = config.norm == NormKind::LayerNorm ? W_O - W_O.mean(1, /*keepdim=*/true) : W_O;
        m_out = forProducts(centred * block.ln1Post.gain);
        pattern = pattern / frozen.postScale1.narrow(0, 0, positions).view({1, positions, 1});
    } else {
        m_out = forProducts(W_O);
    }
    m_mix = pattern.transpose(1, 2).contiguous();
}

/// z [rows * P, H * d_head] at the outputs of the heads to [rows * P, H_kv * d_head] at the values.
at::Tensor FrozenAttention::mixed(at::Tensor z, std::int64_t rows) const
{
    const std::int64_t P = m_positions, valueWidth = m_valueHeads * m_headSize;
    const bool isInPlace = m_heads == m_valueHeads;
    if (!z.is_cpu()) {
        at::Tensor all = at::bmm(m_mix,
            z.view({rows, P, m_heads, m_headSize})
                .permute({2, 1, 0, 3})
                .reshape({m_heads, P, rows * m_headSize})); // [H, key, rows * d_head]
        if (!isInPlace)
            all = all.view({m_valueHeads, m_heads / m_valueHeads, P, -1}).sum(1);
        return all.view({m_valueHeads, P, rows, m_headSize})
            .permute({2, 1, 0, 3})
            .reshape({rows * P, valueWidth});
    }
    at::Tensor values = isInPlace ? z : at::empty({rows * P, valueWidth}, z.options());
    const Mix mix{m_mix.data_ptr<float>(), P, m_heads, m_valueHeads, m_headSize};
    const float* from = z.data_ptr<float>();
    float* out = values.data_ptr<float>();
    at::parallel_for(0, rows, 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r)
            mixRow(mix, from + r * P * z.size(1), out + r * P * valueWidth);
    });
    return values;
}

at::Tensor FrozenAttention::through(const at::Tensor& gradient) const
{
    const std::int64_t rows = gradient.size(0);
    const at::Tensor flat = gradient.reshape({rows * m_positions, gradient.size(2)});
    return product(mixed(product(flat, m_out), rows), m_values).view(gradient.sizes());
}

void FrozenAttention::addThrough(at::Tensor gradient) const
{
    const std::int64_t chunk = gradient.is_cpu()
        ? std::max<std::int64_t>(kChunkRows / m_positions, 1)
        : gradient.size(0);
    for (std::int64_t first = 0; first < gradient.size(0); first += chunk) {
        at::Tensor part = gradient.narrow(0, first, std::min(chunk, gradient.size(0) - first));
        part.add_(through(part));
    }
}

} // namespace core
