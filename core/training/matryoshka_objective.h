#pragma once

#include "core/training/batch_top_k_objective.h"

namespace core {

/// BatchTopK whose features are nested: the first w_1, w_2, .. of them rebuild the target each by
/// themselves, so that the first features stay general whatever later ones specialise in (Bussmann
/// et al. 2025; SAELens' MatryoshkaBatchTopK):
///   sum over m of sum_d (b_dec + sum_{i < w_m} f_i d_i - y)^2   (+ the auxiliary loss)
/// `mse` is that of all features; the inner levels are in `aux`.
class MatryoshkaObjective : public BatchTopKObjective {
public:
    explicit MatryoshkaObjective(const DictionaryTrainerOptions& options)
        : BatchTopKObjective(options)
    {
    }

protected:
    at::Tensor addReconstruction(
        const DictionaryWeights& weights, at::Tensor& error, Loss& loss) override;
    std::vector<float> errorGradients(
        const DictionaryWeights& weights, const at::Tensor& error, float scale) override;
    void addEntryGradients(const std::vector<float>& preGradients, const at::Tensor& sae_in,
        const at::Tensor& error, float scale, DictionaryWeights& gradients) override;

private:
    /// What stands between two widths: features [first, first + count), which all levels from this
    /// one on contain.
    struct Ring {
        std::int64_t first = 0, count = 0;
        ActiveEntries acts; ///< Features counted from `first`.
        at::Tensor errors; ///< [B, d_out]: of all levels that contain it, added up.
    };
    void splitEntries(std::int64_t d_sae);

    std::vector<Ring> m_rings;
};

} // namespace core
