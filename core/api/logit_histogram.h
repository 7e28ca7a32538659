#pragma once

#include "core/api/feature_card.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace core {

/// How a feature's decoder direction moves the logit of every token of the vocabulary
/// (docs/definitions.md section 4.3), in logits per unit of activation, relative to the mean over
/// the vocabulary.
struct LogitHistogram {
    FeatureRef feature;
    double low = 0.0; ///< Where the first bin begins; 0 is an edge of a bin.
    double width = 0.0; ///< Of every bin; 0 where nothing is moved.
    std::vector<std::int64_t> counts; ///< Tokens in each bin; empty: not a direction of d_model.
    std::int64_t tokens = 0; ///< Of the vocabulary.
    double deviation = 0.0; ///< Root of the mean square.
    std::vector<LogitEffect> highest; ///< Strongest first.
    std::vector<LogitEffect> lowest; ///< Lowest first.
};

struct LogitHistogramRequest {
    using Answer = LogitHistogram;
    static constexpr std::string_view kName = "logit-histogram";

    FeatureRef feature; ///< Of an open dictionary.
    int bins = 48; ///< About so many, 2 to 1000.
    int marked = 3; ///< Tokens named at either end.
};

} // namespace core
