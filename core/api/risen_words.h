#pragma once

#include "core/api/feature_row.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct RisenWords;

/// What a feature makes the model say: the words that rise in sampled continuations when it is held
/// up (docs/definitions.md section 4.1).
struct RisenWordsRequest {
    using Answer = RisenWords;
    static constexpr std::string_view kName = "risen-words";

    FeatureRef feature; ///< Of an open, harvested dictionary.
    std::string prompt = "From my experience,"; ///< As for output scores: it says nothing.
    double multiple = 5; ///< Of its largest harvested activation.
    int texts = 24; ///< Sampled with it held up, and as many without.
    int tokens = 16; ///< Of each.
    bool isGuarded = true; ///< Kept fluent, with the usual budget.
    std::uint64_t seed = 1;
};

/// A word that more texts say.
struct RisenWord {
    std::string word; ///< As it is first written.
    int steered = 0, normal = 0; ///< Texts that say it, with the feature held up and without.
    double z = 0; ///< Log-odds of the two over their standard error.
};

struct RisenWords {
    RisenWordsRequest request;
    std::vector<RisenWord> words; ///< The most clearly risen first; none may rise clearly.
    std::string steered, normal; ///< One text of each, of one seed.
    std::string note; ///< What was put in front of the prompt.
};

} // namespace core
