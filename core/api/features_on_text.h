#pragma once

#include "core/api/list_features.h"
#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct FeaturesOnText;

struct FeatureOnText {
    std::string dictionary;
    FeatureId feature;
    float activation = 0; ///< Largest on the text (difference of the largest ones with `against`).
    std::vector<std::string> tokens; ///< The tokens where it fires.
    std::vector<float> activations; ///< On every token of the text.
    std::vector<float> againstActivations; ///< On every token of the other text, if there is one.
};

/// The features that fire most on a text.
struct FeaturesOnTextRequest {
    using Answer = FeaturesOnText;
    static constexpr std::string_view kName = "features-on-text";

    std::string text;
    std::string against; ///< Not empty: the difference to this text.
    std::vector<std::string> dictionaries; ///< Names; empty = all open ones.
    int limit = 20;
    /// Which of them count and how they are sorted, as for a list; its text, limit, dictionaries
    /// and hideDead are not looked at. Match: the strongest on the text first; Why: by strength.
    FeatureQuery filter = {};
};

struct FeaturesOnText {
    FeaturesOnTextRequest request; ///< What made it.
    std::vector<FeatureOnText> features; ///< Strongest first, or as the filter says.
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
    std::vector<std::string> tokens; ///< Of the text, with what was put in front.
    std::vector<std::string> againstTokens; ///< Of the other text, likewise.
    std::int64_t hiddenEverywhere = 0; ///< That fire on it and, as the filter wants, were left out.
};

} // namespace core
