#pragma once

#include "core/api/feature_card.h"

#include <string_view>
#include <vector>

namespace core {

/// Features of the other open dictionaries, so of other layers too, whose decoder directions are
/// most like one feature's.
struct NearestElsewhere {
    FeatureRef feature;
    std::vector<NearFeature> nearest; ///< Most alike first.
};

struct NearestElsewhereRequest {
    using Answer = NearestElsewhere;
    static constexpr std::string_view kName = "nearest-elsewhere";

    FeatureRef feature; ///< Of an open dictionary.
    int most = 10;
};

} // namespace core
