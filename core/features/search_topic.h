#pragma once

#include "core/base/result.h"
#include "core/features/concept_query.h"
#include "core/store/workspace_reader.h"

#include <cstdint>
#include <map>
#include <stop_token>
#include <vector>

namespace core {

/// Whether there is so much that most of it lies on the disk: a search looks at less of it then.
bool isLarge(const std::map<std::int32_t, StoredDictionary>& dictionaries);

/// Samples that one search looks at, in all dictionaries together.
inline constexpr std::size_t kMostSamples = 100'000;
/// Passages: of a workspace that is soon read, and of one of millions of features.
inline constexpr std::size_t kManyPassages = 400, kFewPassages = 48;

/// The passages of one corpus that say what is wanted, or an even share of them.
struct Topic {
    struct OfPassage {
        std::int64_t id = 0;
        std::vector<char> isWord; ///< By token: whether it is part of the words.
    };
    std::vector<OfPassage> passages; ///< In an order whose every beginning is spread evenly.
    double scale = 1; ///< How many passages each stands for.
    double tokens = 0, wordTokens = 0; ///< Of all that match, as estimated.
};

/// Reader thread; a few milliseconds.
Result<Topic> findTopic(WorkspaceReader& reader, const ConceptQuery& query,
    ConceptQuery::Needs needs, std::int32_t corpus, std::size_t mostPassages,
    const std::stop_token& stop);

/// The firing tokens that a dictionary's features were sampled at in a topic.
struct TopicSamples {
    struct OfFeature {
        FeatureId feature;
        double inTopic = 0, onWords = 0;
    };
    std::vector<OfFeature> features; ///< Those with any.
    double scale = 1; ///< How many samples each stands for.
};

/// Stops reading passages when it has seen `most` samples, but reads a few.
Result<TopicSamples> countSamples(WorkspaceReader& reader, const StoredDictionary& dictionary,
    const Topic& topic, std::size_t most, const std::stop_token& stop);

} // namespace core
