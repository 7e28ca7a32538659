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

} // namespace

Choices choicesOf(
    std::span<const float> logits, const SamplerSettings& settings, double temperature)
{
    const auto count = static_cast<std::int64_t>(logits.size());
    Choices choices;
    choices.weights.resize(logits.size());
    // Read and not written: from_blob knows no constant memory.
    const at::Tensor row = at::from_blob(const_cast<float*>(logits.data()), {count}, at::kFloat);
    at::Tensor weights = at::from_blob(choices.weights.data(), {count}, at::kFloat);
    weights.copy_(
        at::nan_to_num(row, -std::numeric_limits<double>::infinity()).div(temperature).softmax(-1));
    std::vector<std::int32_t>& ids = choices.ids;
    if ((settings.topK > 0 && settings.topK < count) || settings.topP < 1.0) {
        ids.resize(logits.size());
        std::iota(ids.begin(), ids.end(), 0);
        const float* weight = choices.weights.data();
        const auto isBefore = [&](std::int32_t a, std::int32_t b) {
            return weight[a] > weight[b] || (weight[a] == weight[b] && a < b);
        };
        if (settings.topK > 0 && settings.topK < count) {
            const auto end = ids.begin() + settings.topK;
            std::nth_element(ids.begin(), end - 1, ids.end(), isBefore);
            ids.erase(end, ids.end());
        }
        if (settings.topP < 1.0) {
            std::sort(ids.begin(), ids.end(), isBefore);
            cutToTopP(ids, weight, settings.topP);
        }
        std::sort(ids.begin(), ids.end());
    }
    for (std::size_t i = 0; i < choices.size(); ++i)
        choices.kept += choices.weights[static_cast<std::size_t>(choices.idAt(i))];
    return choices;
}

std::int32_t draw(const Choices& choices, double uniform)
{
    double sum = 0.0;
    std::int32_t last = -1;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const std::int32_t id = choices.idAt(i);
        const float weight = choices.weights[static_cast<std::size_t>(id)];
        if (weight <= 0.0f)
            continue;
        last = id;
        sum += weight;
        if (sum > uniform * choices.kept)
            break;
    }
    return last;
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

std::vector<float> Sampler::penalized(std::span<const float> row) const
{
    std::vector<float> logits(row.begin(), row.end());
    if (!hasPenalty())
        return logits;
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
    return logits;
}

bool Sampler::hasPenalty() const
{
    return m_settings.repetitionPenalty != 1.0 || m_settings.frequencyPenalty != 0.0;
}

TokenId Sampler::choose(std::span<const float> logits, std::uint64_t step) const
{
    if (!hasPenalty() && m_settings.temperature <= 0)
        return TokenId(mostProbable(logits));
    const std::vector<float> adjusted = penalized(logits);
    const std::int32_t best = mostProbable(adjusted);
    if (best < 0 || m_settings.temperature <= 0)
        return TokenId(best);
    return TokenId(draw(
        choicesOf(adjusted, m_settings, m_settings.temperature), uniformAt(m_settings.seed, step)));
}

} // namespace core
