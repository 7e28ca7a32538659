#pragma once

#include "core/api/label.h"
#include "core/base/ids.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// A label as it was once.
struct LabelVersion {
    std::string text;
    LabelSource source = LabelSource::None;
    std::optional<double> score = {};
    std::string
        at; ///< UTC, "2026-01-31 12:00:00": when a person set it, or a suggestion was replaced.
};

struct LabelHistory {
    FeatureRef feature;
    std::vector<LabelVersion> versions; ///< Newest first; what is shown now is not among them.
};

/// Labels that others took the place of.
struct LabelHistoryRequest {
    using Answer = LabelHistory;
    static constexpr std::string_view kName = "label-history";

    FeatureRef feature;
};

} // namespace core
