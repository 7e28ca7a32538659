#pragma once

#include "core/api/label.h"
#include "core/base/ids.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// What a workspace keeps about features, as plain values. Token texts are not repeated: examples
/// point into the workspace's passages, effects into its vocabulary.
namespace core {

/// A feature inside one workspace: the dictionary's number there and the row.
struct FeatureKey {
    std::int32_t dictionary = 0;
    FeatureId feature;

    std::int64_t rowid() const
    {
        return (std::int64_t(dictionary) << 32) | std::uint32_t(feature.value);
    }
    static FeatureKey fromRowid(std::int64_t id)
    {
        return {std::int32_t(id >> 32), FeatureId(id & 0xffffffff)};
    }
    auto operator<=>(const FeatureKey&) const = default;
};

/// A dictionary as the workspace knows it.
struct StoredDictionary {
    std::int32_t id = 0; ///< 0 until it is stored.
    std::string name;
    std::string path;
    std::string weightsHash; ///< Evidence made from other weights must not be shown.
    std::string hook;
    Layer layer;
    std::int64_t d_sae = 0;
    bool isTranscoder = false;
    std::int64_t harvestedTokens = 0; ///< 0: only labels are known.
    std::int32_t corpus = 0;

    bool operator==(const StoredDictionary&) const = default;
};

/// One number a feature.
using FeatureColumn = std::shared_ptr<const std::vector<float>>;

/// One float per feature and statistic.
struct FeatureColumns {
    std::vector<float> density; ///< Share of harvested tokens where it fires.
    std::vector<float> max;
    std::vector<float> mean; ///< Over the tokens where it fires.
    std::vector<float> samples; ///< Firing tokens kept in the passage samples.
    /// docs/definitions.md section 4.1; NaN where it is not defined. Empty where it was never
    /// computed: by a harvest of an older version.
    std::vector<float> outputScore = {};
    /// Of the best rule, labelled or not (docs/definitions.md section 7.2); NaN where it cannot be
    /// tested. Empty where labels were never tested.
    std::vector<float> labelScore = {};

    std::size_t size() const { return density.size(); }
    /// NaN where it is unknown.
    float outputScoreOf(std::size_t feature) const
    {
        return feature < outputScore.size() ? outputScore[feature]
                                            : std::numeric_limits<float>::quiet_NaN();
    }
    float labelScoreOf(std::size_t feature) const
    {
        return feature < labelScore.size() ? labelScore[feature]
                                           : std::numeric_limits<float>::quiet_NaN();
    }
    bool operator==(const FeatureColumns&) const = default;
};

/// A stretch of a passage with a feature's activation on every token. Stored activations are
/// rounded to 1/65535 of the example's strongest.
struct StoredExample {
    std::int64_t passage = 0;
    std::int32_t start = 0; ///< Token of the passage where it begins.
    std::vector<float> activations; ///< One per token; special tokens have 0.

    bool operator==(const StoredExample&) const = default;
};

struct StoredInterval {
    float low = 0.0f;
    float high = 0.0f;
    double share = 0.0; ///< Share of all firing tokens in this interval.
    std::vector<StoredExample> examples;

    bool operator==(const StoredInterval&) const = default;
};

/// What the harvest saw of one feature.
struct FeatureEvidence {
    std::vector<float>
        histogram; ///< Counts of positive activations in equal bins from 0 to the maximum.
    std::vector<StoredInterval> intervals; ///< Highest first.

    bool operator==(const FeatureEvidence&) const = default;
};

/// Tokens that a feature's decoder direction promotes and suppresses, strongest first.
struct StoredEffects {
    std::vector<std::pair<TokenId, float>> positive;
    std::vector<std::pair<TokenId, float>> negative;

    bool operator==(const StoredEffects&) const = default;
};

/// Features of the same dictionary whose decoder directions are alike: id and cosine, most alike
/// first.
using StoredNearest = std::vector<std::pair<FeatureId, float>>;

/// A feature that says a word of the word vectors, and how much of what it says that is.
struct WordFeature {
    FeatureId feature;
    float share = 0.0f; ///< 0 to 1; stored in steps of 1/255.

    bool operator==(const WordFeature&) const = default;
};

/// A dictionary's part of the map of features; NaN where a feature is not on it.
struct StoredMap {
    std::string dictionary;
    std::string weightsHash;
    std::vector<float> x, y;
};

/// What the map's columns are stored as.
inline constexpr const char *kMapX = "map_x", *kMapY = "map_y";

/// Text that the harvest ran through the model, as it was cut: one sequence of the model each.
struct Passage {
    std::int64_t id = 0; ///< Unique in the workspace; given when stored.
    std::vector<TokenId> tokens;
    std::string text; ///< Without special tokens.

    bool operator==(const Passage&) const = default;
};

/// One of a feature's firing tokens, drawn evenly from all of them.
struct PassageSample {
    FeatureId feature;
    std::int32_t position = 0;

    auto operator<=>(const PassageSample&) const = default;
};

} // namespace core
