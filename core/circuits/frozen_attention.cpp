#include "core/circuits/frozen_attention.h"

#include "core/model/attention.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace core {

namespace {

constexpr std::int64_t kBlock = 64; ///< Floats summed in registers at a time.

/// A norm's way back without its scale: the gain, and for a LayerNorm the mean's removal.
at::Tensor throughGain(const at::Tensor& rows, const Norm& norm, NormKind kind)
{
    const at::Tensor gained = rows * norm.gain;
    return kind == NormKind::LayerNorm ? gained - gained.mean(-1, /*keepdim=*/true) : gained;
}

// The loop is compiled for each instruction set and the machine's own is taken at start.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FEATURESCOPE_CLONES                                                                        \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FEATURESCOPE_CLONES
#endif

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
    const at::Tensor W_O = block.attention.o.matrix(); // [H * d_head, d_model]
    const at::Tensor W_V = valueProjection(block.attention, config).matrix(); // [d_model, ..]
    at::Tensor pattern = frozen.pattern.narrow(1, 0, positions).narrow(2, 0, positions);
    // A gradient g comes back through a norm as C (gain * g) / scale, C the mean's removal: the
    // gain and C go into the projection, the scale of each position into the pattern.
    m_values = throughGain(W_V.t(), block.ln1, config.norm).contiguous();
    pattern = pattern / frozen.scale1.narrow(0, 0, positions).view({1, 1, positions});
    if (frozen.postScale1.defined()) {
        // g -> C (gain * g) W_O^T = g * gain (C W_O^T).
        const at::Tensor centred
            = config.norm == NormKind::LayerNorm ? W_O - W_O.mean(1, /*keepdim=*/true) : W_O;
        m_out = (centred * block.ln1Post.gain).t();
        pattern = pattern / frozen.postScale1.narrow(0, 0, positions).view({1, positions, 1});
    } else {
        m_out = W_O.t();
    }
    m_mix = pattern.transpose(1, 2).contiguous();
}

at::Tensor FrozenAttention::atValues(const at::Tensor& gradient, at::Tensor& work) const
{
    const std::int64_t rows = gradient.size(0), P = m_positions;
    const std::int64_t width = m_heads * m_headSize, valueWidth = m_valueHeads * m_headSize;
    const bool isInPlace = m_heads == m_valueHeads;
    const std::int64_t needed = rows * P * (width + (isInPlace ? 0 : valueWidth));
    if (!work.defined() || work.numel() < needed)
        work = at::empty({needed}, gradient.options());
    at::Tensor z = work.narrow(0, 0, rows * P * width).view({rows * P, width});
    at::mm_out(z, gradient.reshape({rows * P, gradient.size(2)}), m_out);
    if (!gradient.is_cpu()) {
        at::Tensor mixed = at::bmm(m_mix,
            z.view({rows, P, m_heads, m_headSize})
                .permute({2, 1, 0, 3})
                .reshape({m_heads, P, rows * m_headSize})); // [H, key, rows * d_head]
        if (!isInPlace)
            mixed = mixed.view({m_valueHeads, m_heads / m_valueHeads, P, -1}).sum(1);
        return mixed.view({m_valueHeads, P, rows, m_headSize})
            .permute({2, 1, 0, 3})
            .reshape({rows, P, valueWidth});
    }
    at::Tensor values = isInPlace
        ? z.view({rows, P, width})
        : work.narrow(0, rows * P * width, rows * P * valueWidth).view({rows, P, valueWidth});
    const Mix mix{m_mix.data_ptr<float>(), P, m_heads, m_valueHeads, m_headSize};
    const float* from = z.data_ptr<float>();
    float* out = values.data_ptr<float>();
    at::parallel_for(0, rows, 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r)
            mixRow(mix, from + r * P * width, out + r * P * valueWidth);
    });
    return values;
}

void FrozenAttention::addBack(const at::Tensor& atValues, at::Tensor gradient) const
{
    const std::int64_t rows = gradient.size(0) * gradient.size(1);
    at::Tensor flat = gradient.view({rows, gradient.size(2)});
    at::addmm_out(flat, flat, atValues.reshape({rows, atValues.size(2)}), m_values);
}

} // namespace core
