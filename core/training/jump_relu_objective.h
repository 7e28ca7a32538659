#pragma once

#include "core/training/objective.h"

namespace core {

/// JumpReLU with a tanh penalty and a pull on inactive features (CLT paper; docs/definitions.md
/// section 2). Decoder rows have unit norm, so the norms in the equations are one:
///   mse + lambda sum tanh(c f) + lambda_P sum ReLU(theta - h),   theta = exp(log_threshold).
/// The threshold's gradient is the straight-through estimate with a rectangle of width
/// `jumprelu_bandwidth` (Rajamanoharan et al. 2024b, Eq. 11).
class JumpReluObjective : public Objective {
public:
    explicit JumpReluObjective(const DictionaryTrainerOptions& options)
        : Objective(options)
    {
    }

protected:
    void startBatch(const DictionaryWeights& weights) override;
    void selectRow(const float* hidden_pre, std::int64_t d_sae, Scratch& scratch,
        ActiveEntries& rows) override;
    Loss penalize(const DictionaryWeights& weights, const at::Tensor& sae_in, double sparsityShare,
        const std::vector<std::uint8_t>& isDead, std::vector<float>& actGradients,
        DictionaryWeights& gradients) override;

private:
    std::vector<float> m_theta;
    std::vector<float>
        m_windowBegin; // theta - bandwidth / 2: entries above it are needed for the threshold
};

} // namespace core
