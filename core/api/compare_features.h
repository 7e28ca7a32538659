#pragma once

#include "core/base/ids.h"

#include <optional>
#include <string_view>

namespace core {

/// How alike two features of open dictionaries are by their weights.
struct FeatureLikeness {
    FeatureRef left, right;
    /// Cosine of what they write and of what they read; nothing where the vectors are of different
    /// length.
    std::optional<double> decoderCosine, encoderCosine;
    bool writeAtOnePlace = false, readAtOnePlace = false; ///< The same hook point.
};

struct CompareFeaturesRequest {
    using Answer = FeatureLikeness;
    static constexpr std::string_view kName = "compare-features";

    FeatureRef left, right;
};

} // namespace core
