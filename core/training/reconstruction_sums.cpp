#include "core/training/reconstruction_sums.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace core {

namespace {

double total(const at::Tensor& values)
{
    return values.sum(at::kDouble).item<double>();
}

} // namespace

void ReconstructionSums::add(
    const at::Tensor& y, const at::Tensor& y_hat, const at::Tensor& feature_acts)
{
    // As SAELens: what is shorter is not divided by.
    constexpr double kShort = 1e-4, kTiny = 1e-12;
    const at::Tensor in = y.norm(2, 1), out = y_hat.norm(2, 1), dot = (y * y_hat).sum(1);
    const at::Tensor error = (y - y_hat).square().sum(1);
    const at::Tensor spread = (y - y.mean(0)).square().sum(1);
    m_sums.mse += total(error);
    m_sums.cosine += total(dot / (in * out).clamp_min(kTiny));
    m_sums.l1 += total(feature_acts.abs());
    m_sums.l2In += total(in);
    m_sums.l2Out += total(out);
    m_sums.l2Ratio += total(out / at::where(in < kShort, at::ones_like(in), in));
    m_sums.explainedVarianceLegacy += total(1.0 - error / spread.clamp_min(kTiny));
    m_dot += total(dot);
    m_square += total(y_hat.square());
    m_tokens += y.size(0);
}

ReconstructionQuality ReconstructionSums::quality() const
{
    ReconstructionQuality means = m_sums;
    const auto tokens = static_cast<double>(std::max<std::int64_t>(m_tokens, 1));
    for (double* mean : {&means.mse, &means.cosine, &means.l1, &means.l2In, &means.l2Out,
             &means.l2Ratio, &means.explainedVarianceLegacy})
        *mean /= tokens;
    means.relativeReconstructionBias = m_dot == 0.0 ? 0.0 : m_square / m_dot;
    return means;
}

} // namespace core
