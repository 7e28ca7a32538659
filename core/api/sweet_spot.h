#pragma once

#include "core/api/sweep.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct SweetSpot;

/// The program's own proposal for the strength of a feature: multiples tried, and the most on-topic
/// of those that keep text whole.
struct SweetSpotRequest {
    using Answer = SweetSpot;
    static constexpr std::string_view kName = "sweet-spot";

    FeatureRef feature;
    std::string prompt;
};

struct SweetSpot {
    SweetSpotRequest request;
    /// Proposed clamp, in multiples of the maximum: of those below the first that breaks the text
    /// the one whose text is most on topic; 0 where none is more on topic than normal text.
    double multiple = 0;
    double strongestWhole = 0; ///< The strongest below the first that breaks the text, or 0.
    std::vector<double> multiples; ///< What was tried.
    std::vector<SweepCell> trials; ///< One per multiple.
    SweepCell normal;
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
};

} // namespace core
