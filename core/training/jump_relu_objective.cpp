#include "core/training/jump_relu_objective.h"

#include "core/training/vector_kernels.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace core {

void JumpReluObjective::startBatch(const DictionaryWeights& weights)
{
    const float* log = weights.log_threshold.data_ptr<float>();
    const auto half = static_cast<float>(m_options.jumprelu_bandwidth / 2.0);
    m_theta.resize(static_cast<std::size_t>(weights.d_sae()));
    m_windowBegin.resize(m_theta.size());
    for (std::size_t f = 0; f < m_theta.size(); ++f) {
        m_theta[f] = std::exp(log[f]);
        m_windowBegin[f] = m_theta[f] - half;
    }
}

void JumpReluObjective::selectRow(
    const float* hidden_pre, std::int64_t d_sae, Scratch& scratch, ActiveEntries& rows)
{
    const std::size_t count = selectAbove(hidden_pre, m_windowBegin.data(), 1,
        static_cast<std::size_t>(d_sae), scratch.features.data(), scratch.pre.data());
    scratch.acts.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        scratch.acts[i] = scratch.pre[i] > m_theta[static_cast<std::size_t>(scratch.features[i])]
            ? scratch.pre[i]
            : 0.0f;
    rows.addRow(scratch.features.data(), scratch.pre.data(), scratch.acts.data(), count);
}

Objective::Loss JumpReluObjective::penalize(const DictionaryWeights& weights,
    const at::Tensor& sae_in, double sparsityShare, const std::vector<std::uint8_t>&,
    std::vector<float>& actGradients, DictionaryWeights& gradients)
{
    const auto B = static_cast<double>(sae_in.size(0));
    const double tanhWeight = m_options.l0_coefficient * sparsityShare / B,
                 c = m_options.jumprelu_tanh_scale;
    const double pull = m_options.pre_act_loss_coefficient * sparsityShare / B;
    const double width = m_options.jumprelu_bandwidth;
    const std::size_t d_sae = m_theta.size();

    // The pull acts on every inactive value. It is a sum over all tokens, cheap because linear,
    // less the active ones.
    const at::Tensor inputSum = sae_in.sum(0);
    const at::Tensor preSums = at::mv(weights.W_enc, inputSum).add_(weights.b_enc, B);
    const float* preSum = preSums.data_ptr<float>();
    float* logThreshold = gradients.log_threshold.data_ptr<float>();
    std::vector<double> activePre(d_sae, 0.0), active(d_sae, 0.0), thetaGradient(d_sae, 0.0);

    Loss loss;
    for (std::size_t e = 0; e < actGradients.size(); ++e) {
        const auto f = static_cast<std::size_t>(m_acts.features[e]);
        const double h = m_acts.hidden_pre[e], theta = m_theta[f],
                     squash = std::tanh(c * static_cast<double>(m_acts.feature_acts[e]));
        loss.sparsity += tanhWeight * squash;
        const double actGradient
            = static_cast<double>(actGradients[e]) + tanhWeight * c * (1.0 - squash * squash);
        if (std::abs(h - theta) < width / 2.0)
            thetaGradient[f] -= theta / width * actGradient;
        const bool isActive = h > theta;
        actGradients[e] = isActive ? static_cast<float>(actGradient + pull) : 0.0f;
        if (isActive) {
            activePre[f] += h;
            active[f] += 1.0;
        }
    }
    for (std::size_t f = 0; f < d_sae; ++f) {
        const double theta = m_theta[f], inactive = B - active[f];
        loss.sparsity
            += pull * (inactive * theta - (static_cast<double>(preSum[f]) - activePre[f]));
        logThreshold[f] += static_cast<float>(theta * (thetaGradient[f] + pull * inactive));
    }
    gradients.W_enc.sub_(inputSum.unsqueeze(0), pull);
    gradients.b_enc.sub_(pull * B);
    return loss;
}

} // namespace core
