#pragma once

#include "core/base/ids.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct SweetSpot;

/// The program's own proposal for the strength of a feature: multiples tried, and the strongest
/// that keeps text whole.
struct SweetSpotRequest {
    using Answer = SweetSpot;
    static constexpr std::string_view kName = "sweet-spot";

    FeatureRef feature;
    std::string prompt;
};

struct SweetSpot {
    SweetSpotRequest request;
    double multiple = 0; ///< Proposed clamp, in multiples of the maximum.
    struct Trial {
        double multiple = 0, kl = 0, repetition = 0, deltaNormRatio = 0;
        std::string text;
    };
    std::vector<Trial> trials;
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
};

} // namespace core
