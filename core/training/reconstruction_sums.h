#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// How like the real thing a reconstruction is, beside the share of variance that it explains: the
/// figures of SAELens' evals.py (docs/definitions.md section 2.1), means over tokens.
struct ReconstructionQuality {
    double mse = 0; ///< sum_d (y - y_hat)^2
    double cosine = 0; ///< Of y and y_hat.
    double l1 = 0; ///< Sum of the sizes of a token's activations.
    double l2In = 0, l2Out = 0; ///< |y| and |y_hat|.
    double l2Ratio = 0; ///< |y_hat| / |y|: below 1 it shrinks.
    /// mean |y_hat|^2 / mean y.y_hat (Rajamanoharan et al. 2024a, Eq. 10): 1 = no shrinkage.
    double relativeReconstructionBias = 0;
    /// Mean over tokens of 1 - |y - y_hat|^2 / |y - mean|^2 with the mean of the token's batch, as
    /// older SAELens reported it; depends a little on how the text is cut into batches.
    double explainedVarianceLegacy = 0;
};

/// The sums behind those figures.
class ReconstructionSums {
public:
    /// Of one batch: y and y_hat [n, d], feature_acts [n, d_sae].
    void add(const at::Tensor& y, const at::Tensor& y_hat, const at::Tensor& feature_acts);
    ReconstructionQuality quality() const;

private:
    ReconstructionQuality m_sums;
    double m_dot = 0, m_square = 0; // y.y_hat and |y_hat|^2
    std::int64_t m_tokens = 0;
};

/// What a dictionary's weights say of each feature.
struct FeatureWeights {
    std::vector<float> encoderNorm; ///< [d_sae] |W_enc,i|
    std::vector<float> encoderBias; ///< [d_sae] b_enc,i
    /// [d_sae] cosine of what it reads and what it writes; empty where these are vectors of
    /// different length.
    std::vector<float> encoderDecoderCosine;
};

} // namespace core
