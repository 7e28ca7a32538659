#pragma once

#include "core/training/objective.h"

namespace core {

/// A gate that says whether a feature fires, and a magnitude that says how much (Rajamanoharan et
/// al. 2024a, Eq. 7 to 9; weights tied by r_mag):
///   p = sae_in W_enc,  pi = p + b_gate,  f = [pi > 0] ReLU(p exp(r_mag) + b_mag)
///   mse + lambda sum_i ReLU(pi_i) |d_i| + sum_d (sg(W_dec)^T ReLU(pi) + sg(b_dec) - y)^2
/// The last term, in which the decoder is held fixed, is what the gate learns from. Entries are the
/// open gates: hidden_pre is pi. `b_enc` is b_mag.
class GatedObjective : public Objective {
public:
    explicit GatedObjective(const DictionaryTrainerOptions& options)
        : Objective(options)
    {
    }

protected:
    const at::Tensor& encoderBias(const DictionaryWeights& weights) const override
    {
        return weights.b_gate;
    }
    at::Tensor& encoderBias(DictionaryWeights&) override { return m_preSums; }
    void startBatch(const DictionaryWeights& weights) override;
    void selectRow(const float* hidden_pre, std::int64_t d_sae, Scratch& scratch,
        ActiveEntries& rows) override;
    Loss penalize(const DictionaryWeights& weights, const at::Tensor& sae_in, double sparsityShare,
        const std::vector<std::uint8_t>& isDead, std::vector<float>& actGradients,
        DictionaryWeights& gradients) override;

private:
    at::Tensor m_preSums; // [d_sae]; what b_dec's gradient needs: gate and magnitude together
    at::Tensor m_b_gate, m_b_mag, m_magnitude; // [d_sae]; m_magnitude = exp(r_mag)
};

} // namespace core
