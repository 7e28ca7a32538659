#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// How the suggested labels of one dictionary were tested (docs/definitions.md section 7.2).
struct LabelReport {
    std::string dictionary;
    std::int64_t features = 0; ///< That fire.
    std::int64_t tested = 0; ///< With enough firing places for a test.
    std::int64_t labelled = 0; ///< With a suggestion.
    /// The harvest noted where features rest; otherwise that was guessed, and a new harvest makes
    /// better labels.
    bool isExact = false;
    std::vector<float> scores; ///< Quantiles 0, 0.01 ... 1 of the best rules; empty = none tested.
    std::vector<float> shuffled; ///< The same of features whose firing places were shuffled.
};

struct LabelReportRequest {
    using Answer = std::vector<LabelReport>;
    static constexpr std::string_view kName = "label-report";

    std::vector<std::string> dictionaries; ///< Empty = all that the workspace knows.
};

} // namespace core
