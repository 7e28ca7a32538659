#include "core/training/top_k_objective.h"

#include "core/training/vector_kernels.h"

#include <algorithm>
#include <cmath>

namespace core {

void TopKObjective::selectRow(
    const float* hidden_pre, std::int64_t d_sae, Scratch& scratch, ActiveEntries& rows)
{
    const auto k = static_cast<std::size_t>(m_options.k), n = static_cast<std::size_t>(d_sae);
    const bool isBySize = picksBySize();
    const auto select = [&](float bound) {
        return isBySize
            ? selectBySize(hidden_pre, bound, n, scratch.features.data(), scratch.pre.data())
            : selectAbove(hidden_pre, &bound, 0, n, scratch.features.data(), scratch.pre.data());
    };
    std::size_t count = select(m_guess);
    if (count < k && m_guess > 0.0f)
        count = select(0.0f);
    count = keepLargest(scratch.features.data(), scratch.pre.data(), count, k);
    rows.addRow(scratch.features.data(), scratch.pre.data(), scratch.pre.data(), count);
}

bool TopKObjective::finishSelection(std::int64_t tokens)
{
    const bool isBySize = picksBySize();
    const auto isLess
        = [isBySize](float a, float b) { return isBySize ? std::fabs(a) < std::fabs(b) : a < b; };
    double sum = 0.0;
    std::int64_t full = 0;
    for (std::size_t t = 0; t < static_cast<std::size_t>(tokens); ++t) {
        const auto begin = m_acts.hidden_pre.begin() + m_acts.rowBegin[t],
                   end = m_acts.hidden_pre.begin() + m_acts.rowBegin[t + 1];
        if (end - begin < m_options.k)
            continue;
        sum += std::fabs(static_cast<double>(*std::min_element(begin, end, isLess)));
        ++full;
    }
    m_guess = full > 0 ? static_cast<float>(0.7 * sum / static_cast<double>(full)) : 0.0f;
    return true;
}

} // namespace core
