#include "core/training/reconstruction_sums.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace core {

namespace {

at::Tensor total(const at::Tensor& values)
{
    return values.sum(at::kDouble);
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
    // From a device by one copy: each waits for it.
    const at::Tensor all = at::stack(
        {total(error), total(dot / (in * out).clamp_min(kTiny)), total(feature_acts.abs()),
            total(in), total(out), total(out / at::where(in < kShort, at::ones_like(in), in)),
            total(1.0 - error / spread.clamp_min(kTiny)), total(dot), total(y_hat.square())})
                               .to(at::kCPU);
    const double* next = all.data_ptr<double>();
    for (double* sum : {&m_sums.mse, &m_sums.cosine, &m_sums.l1, &m_sums.l2In, &m_sums.l2Out,
             &m_sums.l2Ratio, &m_sums.explainedVarianceLegacy, &m_dot, &m_square})
        *sum += *next++;
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
