#include "core/training/firing_rates.h"

#include "core/training/evaluate.h"

#include <algorithm>
#include <cmath>

namespace core {

FiringRates::FiringRates(std::int64_t d_sae, std::int64_t window)
    : m_window(static_cast<double>(std::max<std::int64_t>(window, 1)))
    , m_fired(static_cast<std::size_t>(d_sae), 0.0f)
{
}

void FiringRates::count(const ActiveEntries& batch)
{
    const double kept = std::exp(-static_cast<double>(batch.tokens()) / m_window);
    m_tokens = m_tokens * kept + static_cast<double>(batch.tokens());
    for (float& fired : m_fired)
        fired *= static_cast<float>(kept);
    for (std::size_t e = 0; e < batch.features.size(); ++e)
        if (batch.feature_acts[e] != 0.0f)
            m_fired[static_cast<std::size_t>(batch.features[e])] += 1.0f;
}

std::vector<double> FiringRates::rates() const
{
    std::vector<double> rates(m_fired.size(), 0.0);
    if (m_tokens > 0.0)
        for (std::size_t f = 0; f < rates.size(); ++f)
            rates[f] = static_cast<double>(m_fired[f]) / m_tokens;
    return rates;
}

FiringSummary summaryOf(const std::vector<double>& rates)
{
    constexpr double kDense = 0.1, kRare = 1e-5, kLowest = -6.0, kBinsPerDecade = 2.0;
    FiringSummary summary;
    summary.bins.assign(kDensityBins, 0.0);
    for (const double rate : rates) {
        summary.denseShare += rate > kDense;
        summary.rareShare += rate < kRare;
        const double place = rate > 0.0 ? (std::log10(rate) - kLowest) * kBinsPerDecade : -1.0;
        // A feature that always fires stands on the last bin's upper edge.
        const int bin = place < 0.0 ? 0 : std::min(1 + static_cast<int>(place), kDensityBins - 1);
        summary.bins[static_cast<std::size_t>(bin)] += 1.0;
    }
    const double features = static_cast<double>(std::max<std::size_t>(rates.size(), 1));
    summary.denseShare /= features;
    summary.rareShare /= features;
    return summary;
}

} // namespace core
