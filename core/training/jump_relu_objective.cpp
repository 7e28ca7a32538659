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
    const double weight = m_options.l0_coefficient * sparsityShare / B,
                 c = m_options.jumprelu_tanh_scale;
    const double pull = m_options.pre_act_loss_coefficient * sparsityShare / B;
    const double width = m_options.jumprelu_bandwidth;
    const bool isTanh = m_options.jumprelu_sparsity_loss_mode == JumpReluPenalty::Tanh;
    const std::size_t d_sae = m_theta.size();

    // The pull acts on every inactive value. It is a sum over all tokens, cheap because linear,
    // less the active ones.
    const at::Tensor inputSum = sae_in.sum(0);
    const at::Tensor preSums = at::mv(weights.W_enc, inputSum).add_(weights.b_enc, B);
    const float* preSum = preSums.data_ptr<float>();
    float* logThreshold = gradients.log_threshold.data_ptr<float>();
    std::vector<double> activePre(d_sae, 0.0), active(d_sae, 0.0), thetaGradient(d_sae, 0.0),
        ofNorms(hasFreeDecoder() ? d_sae : 0);

    Loss loss;
    for (std::size_t t = 0; t < static_cast<std::size_t>(m_acts.tokens()); ++t) {
        const auto begin = static_cast<std::size_t>(m_acts.rowBegin[t]),
                   end = static_cast<std::size_t>(m_acts.rowBegin[t + 1]);
        const double ofL0 = isTanh ? 0.0 : payForL0(begin, end, weight, loss);
        for (std::size_t e = begin; e < end; ++e) {
            const auto f = static_cast<std::size_t>(m_acts.features[e]);
            const double h = m_acts.hidden_pre[e], act = m_acts.feature_acts[e], theta = m_theta[f],
                         norm = decoderNorm(f);
            double actGradient = static_cast<double>(actGradients[e]);
            if (isTanh) {
                const double squash = std::tanh(c * act * norm);
                const double slope = weight * c * (1.0 - squash * squash);
                loss.sparsity += weight * squash;
                actGradient += slope * norm;
                if (hasFreeDecoder())
                    ofNorms[f] += slope * act;
            }
            if (std::abs(h - theta) < width / 2.0)
                thetaGradient[f] -= (theta * actGradient + ofL0) / width;
            const bool isActive = h > theta;
            actGradients[e] = isActive ? static_cast<float>(actGradient + pull * norm) : 0.0f;
            if (isActive) {
                activePre[f] += h;
                active[f] += 1.0;
            }
        }
    }
    for (std::size_t f = 0; f < d_sae; ++f) {
        const double theta = m_theta[f], inactive = B - active[f], norm = decoderNorm(f);
        const double below = inactive * theta - (static_cast<double>(preSum[f]) - activePre[f]);
        loss.sparsity += pull * norm * below;
        if (hasFreeDecoder())
            ofNorms[f] += pull * below;
        logThreshold[f] += static_cast<float>(theta * (thetaGradient[f] + pull * norm * inactive));
    }
    if (hasFreeDecoder()) {
        const at::Tensor norms = weights.W_dec.norm(2, 1);
        gradients.W_enc.sub_(at::outer(norms, inputSum), pull);
        gradients.b_enc.sub_(norms, pull * B);
        addNormGradients(weights, ofNorms, gradients);
    } else {
        gradients.W_enc.sub_(inputSum.unsqueeze(0), pull);
        gradients.b_enc.sub_(pull * B);
    }
    return loss;
}

double JumpReluObjective::payForL0(
    std::size_t begin, std::size_t end, double weight, Loss& loss) const
{
    double l0 = 0.0;
    for (std::size_t e = begin; e < end; ++e)
        l0 += m_acts.feature_acts[e] != 0.0f ? 1.0 : 0.0;
    if (m_options.jumprelu_sparsity_loss_mode == JumpReluPenalty::Step) {
        loss.sparsity += weight * l0;
        return weight;
    }
    const double beyond = l0 - m_options.target_l0;
    loss.sparsity += weight * 2.0 / m_options.target_l0 * beyond * beyond;
    return weight * 4.0 / m_options.target_l0 * beyond;
}

} // namespace core
