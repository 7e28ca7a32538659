#pragma once

#include "core/api/feature_row.h"

#include <string_view>
#include <vector>

namespace core {

/// A page of the feature table.
struct FeatureRowsRequest {
    using Answer = std::vector<FeatureRow>;
    static constexpr std::string_view kName = "rows";

    std::vector<FeatureRef> features;
};

} // namespace core
