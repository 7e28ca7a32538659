#pragma once

#include "core/training/objective.h"

namespace core {

/// ReLU with lambda * mean_batch(sum_i f_i |d_i|), |d_i| = 1 where decoder rows are kept so
/// (docs/definitions.md section 2; Bricken et al. 2023, with free rows Conerly et al. 2024).
class L1Objective : public Objective {
public:
    explicit L1Objective(const DictionaryTrainerOptions& options)
        : Objective(options)
    {
    }

protected:
    void selectRow(const float* hidden_pre, std::int64_t d_sae, Scratch& scratch,
        ActiveEntries& rows) override;
    Loss penalize(const DictionaryWeights& weights, const at::Tensor& sae_in, double sparsityShare,
        const std::vector<std::uint8_t>& isDead, std::vector<float>& actGradients,
        DictionaryWeights& gradients) override;
};

} // namespace core
