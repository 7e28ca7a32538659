#pragma once

#include "core/api/label_report.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct LabelSuggestions {
    std::vector<LabelReport> dictionaries;
    double seconds = 0;
};

/// Names the features of a workspace anew from what it holds, without a model and without a new
/// harvest; also tests labels by persons. Theirs stay, and suggestions that change are kept as
/// versions.
struct SuggestLabelsRequest {
    using Answer = LabelSuggestions;
    static constexpr std::string_view kName = "suggest-labels";

    std::vector<std::string> dictionaries; ///< Empty = all harvested ones of the workspace.
    std::string workspace; ///< A file; empty = the open one.
};

} // namespace core
