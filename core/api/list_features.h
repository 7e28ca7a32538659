#pragma once

#include "core/api/feature_sequence.h"
#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Match: the best match of a search first; without a text as MaxActivation. Why: what matched, of
/// a search only.
enum class FeatureSort : std::uint8_t {
    Match,
    Index,
    Density,
    MaxActivation,
    Label,
    Promotes,
    Why,
    OutputScore, ///< Unknown ones last, whichever way.
    LabelScore ///< How well a label predicts firing; unknown ones last, whichever way.
};

struct FeatureList;

/// Which features to list, and in what order.
struct FeatureQuery {
    using Answer = FeatureList;
    static constexpr std::string_view kName = "list";

    std::vector<std::string> dictionaries; ///< Empty = all open ones.
    std::string text; ///< A concept to search for (docs/definitions.md section 4.6).
    FeatureSort sort = FeatureSort::Match; ///< Of all that match, before `limit` cuts.
    bool isDescending = true; ///< Of Match the best first, either way.
    bool isLabelledOnly = false; ///< Labels by a person.
    bool hideDead = true;
    double minDensity = 0.0, maxDensity = 1.0;
    std::string list; ///< Only what a person put in this saved list, also dead ones; empty = all.
    int limit = 200; ///< Of a search by concept; ignored otherwise.
    double minOutputScore = 0.0; ///< Above 0 those whose score is unknown are left out too.
    /// Leaves out features that fire far more often than others of their dictionary
    /// (docs/definitions.md section 4.7).
    bool hideEverywhere = false;

    bool operator==(const FeatureQuery&) const = default;
};

/// The features that match, in order. Rows are fetched by page.
struct FeatureList {
    FeatureQuery query;
    FeatureSequence features;
    std::vector<std::string> why; ///< Search only: what matched, one per feature.
    std::vector<double> scores; ///< Search only: higher is better, one per feature.
    std::int64_t total
        = 0; ///< How many match in all; more than `features` when a search was cut at `limit`.
    std::int64_t hiddenEverywhere = 0; ///< That would match, but fire everywhere.
    std::string note; ///< What a search could not look at, and how to mend it; or empty.
};

} // namespace core
