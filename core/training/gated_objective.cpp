#include "core/training/gated_objective.h"

#include "core/training/vector_kernels.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

void GatedObjective::startBatch(const DictionaryWeights& weights)
{
    m_b_gate = weights.b_gate;
    m_b_mag = weights.b_enc;
    m_magnitude = weights.r_mag.exp();
    m_preSums = at::zeros_like(weights.b_gate);
}

void GatedObjective::selectRow(
    const float* hidden_pre, std::int64_t d_sae, Scratch& scratch, ActiveEntries& rows)
{
    const float zero = 0.0f;
    const std::size_t count = selectAbove(hidden_pre, &zero, 0, static_cast<std::size_t>(d_sae),
        scratch.features.data(), scratch.pre.data());
    const float *gate = m_b_gate.data_ptr<float>(), *mag = m_b_mag.data_ptr<float>(),
                *magnitude = m_magnitude.data_ptr<float>();
    scratch.acts.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t f = scratch.features[i];
        scratch.acts[i] = std::max((scratch.pre[i] - gate[f]) * magnitude[f] + mag[f], 0.0f);
    }
    rows.addRow(scratch.features.data(), scratch.pre.data(), scratch.acts.data(), count);
}

Objective::Loss GatedObjective::penalize(const DictionaryWeights& weights, const at::Tensor& sae_in,
    double sparsityShare, const std::vector<std::uint8_t>&, std::vector<float>& actGradients,
    DictionaryWeights& gradients)
{
    const auto B = static_cast<double>(sae_in.size(0));
    const double coefficient = m_options.l1_coefficient * sparsityShare / B;

    // What the gate alone would leave over: the error with each activation changed to its pi.
    std::vector<float> acts = m_acts.feature_acts;
    for (std::size_t e = 0; e < acts.size(); ++e)
        m_acts.feature_acts[e] = m_acts.hidden_pre[e] - acts[e];
    at::Tensor left = m_error.clone();
    addDecoded(m_acts, weights.W_dec, left);
    const std::vector<float> ofGates
        = core::actGradients(m_acts, weights.W_dec, left, static_cast<float>(2.0 / B));
    m_acts.feature_acts = std::move(acts);

    const auto d_sae = static_cast<std::size_t>(weights.d_sae());
    const float *b_mag = m_b_mag.data_ptr<float>(), *magnitude = m_magnitude.data_ptr<float>();
    std::vector<double> ofGate(d_sae, 0.0), ofMag(d_sae, 0.0), ofScale(d_sae, 0.0),
        ofNorms(hasFreeDecoder() ? d_sae : 0);
    Loss loss{.aux = sumOfSquares(left) / B};
    for (std::size_t e = 0; e < actGradients.size(); ++e) {
        const auto f = static_cast<std::size_t>(m_acts.features[e]);
        const double pi = m_acts.hidden_pre[e], act = m_acts.feature_acts[e], norm = decoderNorm(f);
        loss.sparsity += coefficient * pi * norm;
        if (hasFreeDecoder())
            ofNorms[f] += coefficient * pi;
        const double gate = static_cast<double>(ofGates[e]) + coefficient * norm;
        const double mag = act > 0.0 ? static_cast<double>(actGradients[e]) : 0.0;
        ofGate[f] += gate;
        ofMag[f] += mag;
        ofScale[f] += mag * (act - static_cast<double>(b_mag[f])); // act - b_mag = p exp(r_mag)
        actGradients[e] = static_cast<float>(gate + mag * static_cast<double>(magnitude[f]));
    }
    float *gateGradient = gradients.b_gate.data_ptr<float>(),
          *magGradient = gradients.b_enc.data_ptr<float>(),
          *scaleGradient = gradients.r_mag.data_ptr<float>();
    for (std::size_t f = 0; f < d_sae; ++f) {
        gateGradient[f] += static_cast<float>(ofGate[f]);
        magGradient[f] += static_cast<float>(ofMag[f]);
        scaleGradient[f] += static_cast<float>(ofScale[f]);
    }
    if (hasFreeDecoder())
        addNormGradients(weights, ofNorms, gradients);
    return loss;
}

} // namespace core
