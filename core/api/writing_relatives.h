#pragma once

#include "core/api/feature_row.h"

#include <string_view>
#include <vector>

namespace core {

struct WritingRelative {
    FeatureRow row;
    float cosine = 0.0f; ///< Of the two decoder directions.
};

/// Features that steer in place of one that only recognises: most alike first.
struct WritingRelatives {
    FeatureRef feature;
    std::vector<WritingRelative> relatives; ///< Of all open dictionaries; none may be alike enough.
};

/// Of the features that write (kWritesFrom), those whose decoder directions are most like one
/// feature's.
struct WritingRelativesRequest {
    using Answer = WritingRelatives;
    static constexpr std::string_view kName = "writing-relatives";

    FeatureRef feature;
    int most = 5;
    double leastCosine = 0.3; ///< Chance directions of 128 numbers reach it once in 3,000 pairs.
};

} // namespace core
