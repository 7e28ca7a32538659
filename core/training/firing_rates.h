#pragma once

#include "core/training/active_entries.h"

#include <cstdint>
#include <vector>

namespace core {

/// How often each feature fires on the tokens that were trained on last. A token counts the less
/// the longer it is ago, by 1/e after `window` tokens: so rates follow what is learned, and cost
/// no memory of single tokens.
class FiringRates {
public:
    FiringRates(std::int64_t d_sae, std::int64_t window);

    void count(const ActiveEntries& batch); ///< After every step.
    /// Share of tokens on which each feature fires, [d_sae]; all 0 before the first step.
    std::vector<double> rates() const;

private:
    double m_window;
    double m_tokens = 0.0; ///< As far as they still count.
    std::vector<float> m_fired;
};

/// Shares of features and their histogram, of rates 0 to 1.
struct FiringSummary {
    double denseShare = 0; ///< Fire on more than one token in ten.
    double rareShare = 0; ///< Fire on fewer than one in 100,000.
    std::vector<double> bins; ///< Below 1e-6, then one bin for each half decade up to always.
};
FiringSummary summaryOf(const std::vector<double>& rates);

} // namespace core
