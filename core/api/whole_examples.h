#pragma once

#include "core/api/feature_card.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace core {

/// The passages that examples of a feature were cut from, whole: the model reads them anew, so that
/// every token has its activation, not only those of the stored stretch.
struct WholeExamplesRequest {
    using Answer = std::vector<FeatureExample>; ///< One for each passage, in order.
    static constexpr std::string_view kName = "whole-examples";

    FeatureRef feature; ///< Of an open dictionary.
    std::vector<std::int64_t> passages; ///< As `FeatureExample::passage`.
};

} // namespace core
