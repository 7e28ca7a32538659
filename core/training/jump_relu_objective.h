#pragma once

#include "core/training/objective.h"

namespace core {

/// JumpReLU with a penalty on what fires and a pull on inactive features (docs/definitions.md
/// section 2), theta = exp(log_threshold) and |d_i| = 1 where decoder rows are kept so:
///   mse + lambda P + lambda_P sum ReLU(theta - h) |d_i|
///   P = sum tanh(c f |d_i|) (the cross-layer transcoders' paper), L0 (Rajamanoharan et al. 2024b,
///   Eq. 9), or 2 / target (L0 - target)^2 (Gemma Scope 2, as SAELens weighs it).
/// The threshold's gradient is the straight-through estimate with a rectangle of width
/// `jumprelu_bandwidth` (Rajamanoharan et al. 2024b, Eq. 11 and 12).
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
    /// Adds what a token's entries pay by their number; returns dL/dL0.
    double payForL0(std::size_t begin, std::size_t end, double weight, Loss& loss) const;

    std::vector<float> m_theta;
    std::vector<float>
        m_windowBegin; // theta - bandwidth / 2: entries above it are needed for the threshold
};

} // namespace core
