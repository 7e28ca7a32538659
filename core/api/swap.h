#pragma once

#include "core/api/feature_row.h"
#include "core/api/token_info.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct SwapResult;

/// Replace the features of one concept by those of another and read the answer.
struct SwapRequest {
    using Answer = SwapResult;
    static constexpr std::string_view kName = "swap";

    std::string prompt; ///< "The capital of the state containing Dallas is"
    std::string
        donor; ///< The same prompt about the other concept; supplies the features to put in.
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders, one per layer.
};

struct SwapResult {
    SwapRequest request;
    std::vector<NextToken> before, after, donor;
    std::vector<FeatureRow> removed, inserted; ///< The features that changed.
    bool isSwapped = false; ///< The most probable token became the donor's.
};

} // namespace core
