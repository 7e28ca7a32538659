#pragma once

#include "core/api/label.h"
#include "core/base/ids.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// How well the words of one label predict where its feature fires.
struct ScoredLabel {
    FeatureRef feature;
    std::string text;
    LabelSource source = LabelSource::None;
    std::optional<double> score; ///< Nothing: none of its words is one of the corpus, or the
                                 ///< feature fires on too few places.
    std::optional<double> bar; ///< What suggestions for this feature must exceed.
    std::string rule; ///< What was tested, as a phrase.
};

/// Tests labels by the words they are made of, those of a file or those of persons in the
/// workspace. Writes nothing.
struct ScoreLabelsRequest {
    using Answer = std::vector<ScoredLabel>;
    static constexpr std::string_view kName = "score-labels";

    std::string path; ///< A file of labels; empty = persons' labels of the workspace.
};

} // namespace core
