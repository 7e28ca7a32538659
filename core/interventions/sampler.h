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

/// Chooses the next tokens of one stream; remembers what was said for the penalties.
class Sampler {
public:
    Sampler(SamplerSettings settings, std::span<const TokenId> prompt);

    /// The next token for a row of logits; none where no logit is finite. Does not count it as
    /// said: `accept` does.
    TokenId choose(std::span<const float> logits, std::uint64_t step) const;
    void accept(TokenId id);

private:
    void penalize(std::vector<float>& logits) const;

    SamplerSettings m_settings;
    std::vector<std::int32_t> m_said; // distinct tokens of prompt and text
    std::vector<std::int32_t> m_generated; // counts by id, grown as needed
    std::vector<bool> m_isSaid;
};

} // namespace core
