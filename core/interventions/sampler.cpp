#include "core/interventions/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

namespace core {

namespace {

/// SplitMix64's finaliser (Steele, Lea and Flood 2014): spreads neighbouring inputs over all bits.
std::uint64_t mix(std::uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

std::int32_t mostProbable(std::span<const float> logits)
{
    std::int32_t best = -1;
    for (std::size_t i = 0; i < logits.size(); ++i)
        if (!std::isnan(logits[i])
            && (best < 0 || logits[i] > logits[static_cast<std::size_t>(best)]))
            best = static_cast<std::int32_t>(i);
    return best >= 0 && std::isfinite(logits[static_cast<std::size_t>(best)]) ? best : -1;
}

/// Leaves the fewest of the most probable whose weights reach `topP` of the whole. `sorted` is in
/// descending order.
void cutToTopP(std::vector<std::int32_t>& sorted, const float* weights, double topP)
{
    double total = 0.0;
    for (const std::int32_t id : sorted)
        total += weights[id];
    double sum = 0.0;
    std::size_t kept = 0;
    while (kept < sorted.size() && (kept == 0 || sum < topP * total))
        sum += weights[sorted[kept++]];
    sorted.resize(kept);
}

/// The ids that may be drawn, ascending.
std::vector<std::int32_t> candidates(
    const float* weights, std::int64_t count, const SamplerSettings& settings)
{
    std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
    std::iota(ids.begin(), ids.end(), 0);
    const auto isBefore = [&](std::int32_t a, std::int32_t b) {
        return weights[a] > weights[b] || (weights[a] == weights[b] && a < b);
    };
    if (settings.topK > 0 && settings.topK < count) {
        const auto end = ids.begin() + settings.topK;
        std::nth_element(ids.begin(), end - 1, ids.end(), isBefore);
        ids.erase(end, ids.end());
    }
    if (settings.topP < 1.0) {
        std::sort(ids.begin(), ids.end(), isBefore);
        cutToTopP(ids, weights, settings.topP);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

/// Inverts the distribution function over ids in ascending order.
std::int32_t draw(std::vector<float>& logits, const SamplerSettings& settings, double uniform)
{
    const auto count = static_cast<std::int64_t>(logits.size());
    const at::Tensor row = at::from_blob(logits.data(), {count}, at::kFloat);
    const at::Tensor weights = at::nan_to_num(row, -std::numeric_limits<double>::infinity())
                                   .div(settings.temperature)
                                   .softmax(-1);
    const float* weight = weights.data_ptr<float>();
    const bool isCut = (settings.topK > 0 && settings.topK < count) || settings.topP < 1.0;
    std::vector<std::int32_t> ids;
    if (isCut)
        ids = candidates(weight, count, settings);
    const auto size = isCut ? static_cast<std::int64_t>(ids.size()) : count;
    const auto idAt = [&](std::int64_t i) {
        return isCut ? ids[static_cast<std::size_t>(i)] : static_cast<std::int32_t>(i);
    };

    double total = 0.0;
    for (std::int64_t i = 0; i < size; ++i)
        total += weight[idAt(i)];
    double sum = 0.0;
    std::int32_t last = -1;
    for (std::int64_t i = 0; i < size; ++i) {
        const std::int32_t id = idAt(i);
        if (weight[id] <= 0.0f)
            continue;
        last = id;
        sum += weight[id];
        if (sum > uniform * total)
            break;
    }
    return last;
}

} // namespace

double uniformAt(std::uint64_t seed, std::uint64_t step)
{
    const std::uint64_t bits
        = mix(mix(seed + 0x9e3779b97f4a7c15ull) + (step + 1) * 0x9e3779b97f4a7c15ull);
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

Sampler::Sampler(SamplerSettings settings, std::span<const TokenId> prompt)
    : m_settings(settings)
{
    for (const TokenId id : prompt) {
        accept(id);
        m_generated[static_cast<std::size_t>(id.value)] = 0;
    }
}

void Sampler::accept(TokenId id)
{
    const auto index = static_cast<std::size_t>(id.value);
    if (index >= m_generated.size()) {
        m_generated.resize(index + 1, 0);
        m_isSaid.resize(index + 1, false);
    }
    ++m_generated[index];
    if (!m_isSaid[index]) {
        m_isSaid[index] = true;
        m_said.push_back(id.value);
    }
}

void Sampler::penalize(std::vector<float>& logits) const
{
    for (const std::int32_t id : m_said) {
        const auto index = static_cast<std::size_t>(id);
        if (index >= logits.size())
            continue;
        double logit = logits[index];
        logit = logit > 0 ? logit / m_settings.repetitionPenalty
                          : logit * m_settings.repetitionPenalty;
        logits[index]
            = static_cast<float>(logit - m_settings.frequencyPenalty * m_generated[index]);
    }
}

TokenId Sampler::choose(std::span<const float> logits, std::uint64_t step) const
{
    const bool hasPenalty
        = m_settings.repetitionPenalty != 1.0 || m_settings.frequencyPenalty != 0.0;
    if (!hasPenalty && m_settings.temperature <= 0)
        return TokenId(mostProbable(logits));
    std::vector<float> adjusted(logits.begin(), logits.end());
    penalize(adjusted);
    const std::int32_t best = mostProbable(adjusted);
    if (best < 0 || m_settings.temperature <= 0)
        return TokenId(best);
    return TokenId(draw(adjusted, m_settings, uniformAt(m_settings.seed, step)));
}

} // namespace core
