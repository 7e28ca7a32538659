#pragma once

#include "core/features/word_vectors.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace core {

/// A word of the vectors and how much of what a feature says it is.
struct SharedWord {
    std::int32_t word = 0;
    float share = 0.0f;
};

/// What a feature says, in words of the vectors: shares of each kind sum to less than 1, and words
/// that the vectors do not know count in the sum. The more promoted, the more telling and the rarer
/// a word, the more it counts.
struct FeatureWords {
    std::vector<SharedWord> promoted; ///< By its decoder direction; whole words only.
    std::vector<SharedWord> said; ///< Its label and the words of its examples.
};

/// `promoted`: a token a line, the strongest first; `words`: the most telling first.
FeatureWords featureWords(const WordVectors& vectors, std::string_view label,
    std::string_view promoted, std::string_view words);

/// Collects, for each word, the features that say it most.
class WordFeatureLists {
public:
    void add(FeatureId feature, const FeatureWords& words);
    /// The largest shares first, at most a few hundred features a word.
    std::map<std::int32_t, std::vector<WordFeature>> take();

private:
    std::map<std::int32_t, std::vector<WordFeature>> m_lists;
};

} // namespace core
