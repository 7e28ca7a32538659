#pragma once

#include "core/api/feature_card.h"

#include <optional>
#include <string_view>

namespace core {

struct TestedLabel {
    FeatureRow row; ///< With the score, where there is one.
    std::optional<LabelTest> test; ///< Nothing: nobody named the feature, or it was not harvested.
};

/// Tests a person's label as it stands in the workspace: how well its words alone predict where the
/// feature fires (docs/definitions.md section 7.2). Keeps the result. Takes a second or so on a
/// thread of its own, and needs no model.
struct TestLabelRequest {
    using Answer = TestedLabel;
    static constexpr std::string_view kName = "test-label";

    FeatureRef feature;
};

} // namespace core
