#pragma once

#include "core/api/feature_row.h"

#include <string_view>

namespace core {

/// Sets a person's label; answers the row as it is afterwards.
struct LabelEdit {
    using Answer = FeatureRow;
    static constexpr std::string_view kName = "label";

    FeatureRef feature;
    Label label; ///< An empty text removes the person's label (a suggestion shows again).
};

} // namespace core
