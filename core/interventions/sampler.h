#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <span>
#include <vector>

namespace core {

struct SamplerSettings {
    double temperature
        = 0.0; ///< 0 = greedy: the most probable token, of equals the one with the lower id.
    int topK = 0; ///< Keep the k most probable; 0 = off.
    double topP = 1.0; ///< Then keep the fewest whose probabilities reach this sum; 1 = off.
    double repetitionPenalty
        = 1.0; ///< Divides (if positive) or multiplies the logit of every token of prompt and text.
    double frequencyPenalty = 0.0; ///< Taken from a token's logit for each time it was generated.
    std::uint64_t seed = 0;
};

/// The random number of a step, in [0, 1): a function of seed and step alone, so that streams
/// decoded side by side draw the same one and equal distributions give equal tokens.
double uniformAt(std::uint64_t seed, std::uint64_t step);

/// The tokens that a next one is drawn from, and how probable each is.
struct Choices {
    std::vector<float> weights; ///< [d_vocab], before any is cut off; they sum to 1.
    std::vector<std::int32_t> ids; ///< What is left, ascending; empty: all of them.
    double kept = 0.0; ///< Sum of the weights of what is left.

    std::size_t size() const { return ids.empty() ? weights.size() : ids.size(); }
    std::int32_t idAt(std::size_t i) const
    {
        return ids.empty() ? static_cast<std::int32_t>(i) : ids[i];
    }
};

/// Top-k and then top-p of softmax(logits / temperature).
Choices choicesOf(
    std::span<const float> logits, const SamplerSettings& settings, double temperature);
/// Inverts the distribution function over ids in ascending order; `uniform` in [0, 1).
std::int32_t draw(const Choices& choices, double uniform);
/// Of equals the one with the lower id; -1 where no logit is finite.
std::int32_t mostProbable(std::span<const float> logits);

/// Chooses the next tokens of one stream; remembers what was said for the penalties.
class Sampler {
public:
    Sampler(SamplerSettings settings, std::span<const TokenId> prompt);

    /// The next token for a row of logits; none where no logit is finite. Does not count it as
    /// said: `accept` does.
    TokenId choose(std::span<const float> logits, std::uint64_t step) const;
    void accept(TokenId id);

    const SamplerSettings& settings() const { return m_settings; }
    /// The row as the penalties leave it.
    std::vector<float> penalized(std::span<const float> logits) const;

private:
    bool hasPenalty() const;

    SamplerSettings m_settings;
    std::vector<std::int32_t> m_said; // distinct tokens of prompt and text
    std::vector<std::int32_t> m_generated; // counts by id, grown as needed
    std::vector<bool> m_isSaid;
};

} // namespace core
