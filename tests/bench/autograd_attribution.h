#pragma once

#include "core/circuits/replacement_model.h"

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

namespace bench {

/// circuit-tracer's way of computing edges, for comparison: the frozen model is run once on the
/// prompt repeated `batch` times, then one batched autograd backward pass is made for each block of
/// target features, and what arrives where sources write is gathered source by source. GPT-2's
/// shape with transcoders of mlp.hook_in.
class AutogradAttribution {
public:
    AutogradAttribution(const core::ReplacementModel& replacement, std::int64_t batch)
        : m_replacement(replacement)
        , m_batch(batch)
    {
        std::int64_t first = 0;
        for (const core::ReplacementLayer& layer : replacement.layers) {
            m_first.push_back(first);
            first += layer.active.size(0);
            m_sources.push_back(layer.dictionary->decoderRows(layer.active.select(1, 1))
                * layer.activations.unsqueeze(1));
            m_encoders.push_back(layer.dictionary->encoderRows(layer.active.select(1, 1)));
        }
        m_first.push_back(first);
        run();
    }

    std::int64_t features() const { return m_first.back(); }
    std::int64_t blocks() const { return (features() + m_batch - 1) / m_batch; }

    /// Rows of the block's targets on all features, [targets, features].
    at::Tensor rowsOf(std::int64_t block) const
    {
        const std::int64_t begin = block * m_batch, count = std::min(m_batch, features() - begin);
        const auto layers = static_cast<int>(m_sources.size());
        std::vector<at::Tensor> outputs, gradients, leaves;
        int last = 0;
        for (int l = 0; l < layers; ++l) {
            const std::int64_t from = std::max(begin, m_first[static_cast<std::size_t>(l)]),
                               to
                = std::min(begin + count, m_first[static_cast<std::size_t>(l) + 1]);
            if (from >= to)
                continue;
            at::Tensor gradient = at::zeros_like(m_read[static_cast<std::size_t>(l)]);
            const auto& layer = m_replacement.layers[static_cast<std::size_t>(l)];
            for (std::int64_t f = from; f < to; ++f) {
                const std::int64_t at = f - m_first[static_cast<std::size_t>(l)];
                gradient[f - begin][layer.active[at][0].item<std::int64_t>()].copy_(
                    m_encoders[static_cast<std::size_t>(l)][at]);
            }
            outputs.push_back(m_read[static_cast<std::size_t>(l)]);
            gradients.push_back(gradient);
            last = l;
        }
        for (int l = 0; l < last; ++l)
            leaves.push_back(m_written[static_cast<std::size_t>(l)]);
        at::Tensor rows = at::zeros({count, features()});
        if (leaves.empty())
            return rows;
        const auto arrived = torch::autograd::grad(
            outputs, leaves, gradients, /*retain_graph=*/true, false, /*allow_unused=*/true);
        const at::NoGradGuard noGrad;
        for (int l = 0; l < last; ++l) {
            const auto i = static_cast<std::size_t>(l);
            if (!arrived[i].defined())
                continue;
            const at::Tensor gathered
                = arrived[i]
                      .narrow(0, 0, count)
                      .index_select(
                          1, m_replacement.layers[i].active.select(1, 0)); // [count, n, d_model]
            rows.narrow(1, m_first[i], m_sources[i].size(0))
                .copy_((gathered * m_sources[i]).sum(2));
        }
        return rows;
    }

private:
    at::Tensor norm(const at::Tensor& x, const core::Norm& weights, const at::Tensor& scale) const
    {
        return (x - x.mean(-1, true)) / scale * weights.gain + weights.bias;
    }

    void run()
    {
        const auto& weights = m_replacement.model->weights();
        const auto& config = m_replacement.model->config();
        const at::AutoGradMode grad(true);
        const auto T = static_cast<std::int64_t>(m_replacement.ids.size());
        at::Tensor resid
            = m_replacement.tokenVectors.unsqueeze(0).repeat({m_batch, 1, 1}).requires_grad_();
        for (std::size_t l = 0; l < weights.blocks.size(); ++l) {
            const core::ReplacementLayer& frozen = m_replacement.layers[l];
            const core::BlockWeights& block = weights.blocks[l];
            const at::Tensor x = norm(resid, block.ln1, frozen.scale1);
            const at::Tensor v = at::matmul(x, block.attention.v.matrix())
                                     .view({m_batch, T, config.n_heads, config.d_head})
                                     .transpose(1, 2);
            const at::Tensor z = at::matmul(frozen.pattern, v)
                                     .transpose(1, 2)
                                     .reshape({m_batch, T, config.n_heads * config.d_head});
            resid = resid + at::matmul(z, block.attention.o.matrix());
            m_read.push_back(norm(resid, block.ln2, frozen.scale2));
            m_written.push_back(at::zeros({m_batch, T, config.d_model}).requires_grad_());
            resid = resid + m_written.back();
        }
    }

    const core::ReplacementModel& m_replacement;
    std::int64_t m_batch;
    std::vector<std::int64_t> m_first;
    std::vector<at::Tensor> m_sources, m_encoders;
    std::vector<at::Tensor> m_read, m_written; // [batch, T, d_model] by layer
};

} // namespace bench
