#include "core/training/l1_objective.h"

#include "core/training/vector_kernels.h"

namespace core {

void L1Objective::selectRow(
    const float* hidden_pre, std::int64_t d_sae, Scratch& scratch, ActiveEntries& rows)
{
    const float zero = 0.0f;
    const std::size_t count = selectAbove(hidden_pre, &zero, 0, static_cast<std::size_t>(d_sae),
        scratch.features.data(), scratch.pre.data());
    rows.addRow(scratch.features.data(), scratch.pre.data(), scratch.pre.data(), count);
}

Objective::Loss L1Objective::penalize(const DictionaryWeights& weights, const at::Tensor& sae_in,
    double sparsityShare, const std::vector<std::uint8_t>&, std::vector<float>& actGradients,
    DictionaryWeights& gradients)
{
    const double coefficient
        = m_options.l1_coefficient * sparsityShare / static_cast<double>(sae_in.size(0));
    std::vector<double> ofNorms(hasFreeDecoder() ? static_cast<std::size_t>(weights.d_sae()) : 0);
    double sum = 0.0;
    for (std::size_t e = 0; e < actGradients.size(); ++e) {
        const auto f = static_cast<std::size_t>(m_acts.features[e]);
        const double act = m_acts.feature_acts[e], norm = decoderNorm(f);
        actGradients[e] += static_cast<float>(coefficient * norm);
        sum += act * norm;
        if (hasFreeDecoder())
            ofNorms[f] += coefficient * act;
    }
    if (hasFreeDecoder())
        addNormGradients(weights, ofNorms, gradients);
    return {.sparsity = coefficient * sum};
}

} // namespace core
