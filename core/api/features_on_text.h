#pragma once

#include "core/base/ids.h"

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
};

/// The features that fire most on a text.
struct FeaturesOnTextRequest {
    using Answer = FeaturesOnText;
    static constexpr std::string_view kName = "features-on-text";

    std::string text;
    std::string against; ///< Not empty: the difference to this text.
    std::vector<std::string> dictionaries; ///< Names; empty = all open ones.
    int limit = 20;
};

struct FeaturesOnText {
    std::vector<FeatureOnText> features; ///< Strongest first.
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
};

} // namespace core
