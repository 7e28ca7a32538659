#pragma once

#include "core/api/evaluate.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// From this cosine of the decoder directions on two features of different dictionaries are said
/// to match, and to be nearly the same.
inline constexpr double kFeaturesMatchFrom = 0.7, kFeaturesSameFrom = 0.9;

/// A feature and the one of the other dictionary that it is most like.
struct MatchedFeature {
    std::int32_t feature = 0, other = 0; ///< Rows.
    float cosine = 0; ///< Of their decoder directions.
    bool isMutual = false; ///< Each is the other's most alike.
    float density = 0, otherDensity = 0; ///< Share of tokens where each fires; NaN where unknown.
    std::string label; ///< Of the feature, where the workspace knows one.

    bool matches() const { return cosine >= kFeaturesMatchFrom; }
};

/// One of the two, seen from itself.
struct ComparedDictionary {
    std::string name, path;
    bool isOpen = false; ///< Beside the open model, so that its features can be shown.
    std::int64_t features = 0;
    double medianCosine = 0; ///< Of a feature with its best.
    double matchedShare = 0, sameShare = 0; ///< From `kFeaturesMatchFrom`, `kFeaturesSameFrom` on.
    std::int64_t alone = 0; ///< Features that match none of the other dictionary.
    std::optional<DictionaryQuality> quality; ///< With a text.
    std::vector<MatchedFeature> matches; ///< By row.
};

struct DictionaryComparison;

/// Two dictionaries feature by feature, by their decoder directions (docs/definitions.md section
/// 2.2), and with a text by how good they are and how often their features fire.
struct CompareDictionariesRequest {
    using Answer = DictionaryComparison;
    static constexpr std::string_view kName = "compare-dictionaries";

    std::string left, right; ///< Names of open dictionaries, or paths as in AddDictionariesRequest.
    std::string
        text; ///< Needs an open model; documents are separated by blank lines. May be empty.
    std::string corpusPath; ///< A text file, instead of `text`.
    std::int64_t tokens = 0; ///< At most so many; 0 = all.

    bool hasText() const { return !text.empty() || !corpusPath.empty(); }
};

struct DictionaryComparison {
    CompareDictionariesRequest request; ///< What made it.
    ComparedDictionary left, right;
    std::int64_t mutual = 0; ///< Pairs that are each other's best and match.
    /// Over those pairs whose densities are known: the median of |log10(density / other density)|;
    /// none where no densities are known.
    std::optional<double> densityDifference;
    std::string note; ///< What was put in front of the text; where densities are from.
};

} // namespace core
