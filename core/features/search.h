#pragma once

#include "core/api/feature_row.h"
#include "core/api/list_features.h"
#include "core/base/result.h"
#include "core/store/workspace_reader.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

struct SearchQuery {
    std::string text; ///< As docs/definitions.md section 4.6 says.
    std::vector<std::string> dictionaries; ///< Empty: all in the workspace.
    int limit = 200; ///< After sorting.
    FeatureSort sort = FeatureSort::Match;
    bool isDescending = true; ///< Of Match the best first, either way.
    std::function<bool(const FeatureRow& row)> keeps; ///< Which of the hits count; empty: all.
    /// The same, of what costs no row; asked first.
    std::function<bool(const FeatureKey& key)> admits = {};
    bool needsRows = true; ///< Otherwise a hit's row has no more than its feature.
};

/// One hit of a search by concept.
struct SearchHit {
    FeatureRow row;
    double score = 0.0; ///< Higher is better.
    std::string
        why; ///< What matched: "label", "promotes ' bridge'", "promotes hibou: near in meaning .."
};

struct SearchHits {
    std::vector<SearchHit> hits; ///< Best first, or as sorted.
    std::int64_t total = 0; ///< How many match in all.
    std::string note; ///< What was left out, and how to get it; empty when nothing.
};

/// Features that are about a concept, best first.
///
/// Two rankings, joined by reciprocal rank: by the words of the query and by meaning
/// (docs/definitions.md section 4.6). A label that says the words comes first of the first. Then
/// counts how well the feature's firing agrees with the concept: precision and recall (their
/// geometric mean) of "it fires on a token" against "the token's passage says all the words",
/// estimated from the harvest's samples, so that a feature of the topic, which also fires where the
/// words are not said, comes before a feature of one word; firing on the words themselves and
/// promoting them count less. Where no passage says all words, any of them will do. What the words
/// alone find for certain stays before what is only near in meaning. Reader thread.
Result<SearchHits> searchFeatures(
    WorkspaceReader& reader, const SearchQuery& query, std::stop_token stop = {});

} // namespace core
