#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct ScoreOutputsSummary {
    std::int64_t features = 0;
    std::int64_t writing = 0; ///< With an output score of kWritesFrom and more.
    std::int64_t unknown = 0; ///< Where it is not defined.
    double seconds = 0;
};

/// Gives features that were harvested before there were output scores theirs, without a new
/// harvest.
struct ScoreOutputsRequest {
    using Answer = ScoreOutputsSummary;
    static constexpr std::string_view kName = "score-outputs";

    std::vector<std::string> dictionaries; ///< Empty = all open ones that the workspace knows.
    std::string workspace; ///< A file; empty = the open model's.
};

} // namespace core
