#pragma once

#include "core/api/feature_row.h"

#include <string_view>

namespace core {

/// Sets a person's label; answers the row as it is afterwards.
struct LabelEdit {
    using Answer = FeatureRow;
    static constexpr std::string_view kName = "label";

    FeatureRef feature;
    Label label; ///< With an empty text a suggestion shows again; the notes stay beside it.
    bool keepsNotes = false; ///< Those that are there stay, whatever `label` says.
};

} // namespace core
