#include "core/training/batch_top_k_objective.h"

#include "core/training/vector_kernels.h"

#include <algorithm>
#include <functional>
#include <limits>

#include <ATen/ATen.h>

namespace core {

namespace {

/// Keeps entries above the cutoff and, of those equal to it, the first `room`.
void keepAbove(ActiveEntries& acts, float cutoff, std::int64_t room)
{
    std::size_t kept = 0;
    std::int64_t begin = 0;
    for (std::size_t t = 0; t < static_cast<std::size_t>(acts.tokens()); ++t) {
        const std::int64_t end = acts.rowBegin[t + 1];
        for (auto e = static_cast<std::size_t>(begin); e < static_cast<std::size_t>(end); ++e) {
            const float value = acts.hidden_pre[e];
            if (value < cutoff || (value == cutoff && room-- <= 0))
                continue;
            acts.features[kept] = acts.features[e];
            acts.hidden_pre[kept] = value;
            acts.feature_acts[kept++] = value;
        }
        begin = end;
        acts.rowBegin[t + 1] = static_cast<std::int64_t>(kept);
    }
    acts.features.resize(kept);
    acts.hidden_pre.resize(kept);
    acts.feature_acts.resize(kept);
}

} // namespace

void BatchTopKObjective::selectRow(
    const float* hidden_pre, std::int64_t d_sae, Scratch& scratch, ActiveEntries& rows)
{
    const std::size_t count = selectAbove(hidden_pre, &m_guess, 0, static_cast<std::size_t>(d_sae),
        scratch.features.data(), scratch.pre.data());
    rows.addRow(scratch.features.data(), scratch.pre.data(), scratch.pre.data(), count);
}

bool BatchTopKObjective::finishSelection(std::int64_t tokens)
{
    const std::int64_t wanted = m_options.k * tokens;
    if (m_workers)
        return finishAmongWorkers(wanted * m_workers->size());
    if (m_acts.entries() < wanted && m_guess > 0.0f) {
        m_guess = 0.0f;
        return false;
    }
    if (m_acts.entries() > wanted) {
        m_sorted = m_acts.hidden_pre;
        const auto last = m_sorted.begin() + wanted - 1;
        std::nth_element(m_sorted.begin(), last, m_sorted.end(), std::greater<>());
        const float smallest = *last;
        const auto above
            = std::count_if(m_sorted.begin(), last, [&](float x) { return x > smallest; });
        keepAbove(m_acts, smallest, wanted - above);
        m_guess = 0.8f * smallest;
    } else {
        m_guess = 0.0f;
    }
    return true;
}

bool BatchTopKObjective::finishAmongWorkers(std::int64_t wanted)
{
    const std::int64_t all = m_workers->sum(m_acts.entries());
    if (all <= wanted) {
        const bool isEnough = all == wanted || m_guess <= 0.0f;
        m_guess = 0.0f;
        return isEnough;
    }
    // No share can hold more than all that is wanted.
    m_sorted = m_acts.hidden_pre;
    const auto largest
        = static_cast<std::size_t>(std::min(wanted, static_cast<std::int64_t>(m_sorted.size())));
    if (m_sorted.size() > largest) {
        std::nth_element(
            m_sorted.begin(), m_sorted.begin() + wanted, m_sorted.end(), std::greater<>());
        m_sorted.resize(largest);
    }
    std::int64_t length = 0;
    const at::Tensor own = at::full({1}, static_cast<std::int64_t>(largest), at::kLong);
    for (const at::Tensor& count : m_workers->gather(own))
        length = std::max(length, count.item<std::int64_t>());
    m_sorted.resize(static_cast<std::size_t>(length), -std::numeric_limits<float>::infinity());
    const auto shares = m_workers->gather(at::tensor(m_sorted));
    const at::Tensor together = at::cat(shares);
    const float smallest = std::get<0>(together.topk(wanted, 0, true, false)).min().item<float>();
    std::int64_t room = wanted - together.gt(smallest).sum().item<std::int64_t>();
    for (int rank = 0; rank < m_workers->rank(); ++rank)
        room -= shares[static_cast<std::size_t>(rank)].eq(smallest).sum().item<std::int64_t>();
    keepAbove(m_acts, smallest, room);
    m_guess = 0.8f * smallest;
    return true;
}

} // namespace core
