#pragma once

#include "core/api/swap.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct SwapPair {
    std::string prompt, donor;
    std::string answer; ///< The donor's expected answer; empty = what the model says to the donor.
};

enum class SwapMethod : std::uint8_t {
    Difference, ///< Every feature that differs between the two runs takes the donor's value.
    Concept, ///< Features of the prompt's concept off, those of the donor's on; found from the
             ///< other texts of the list as contrast.
};

struct SwapTestResult;

/// The swap over many pairs.
struct SwapTestRequest {
    using Answer = SwapTestResult;
    static constexpr std::string_view kName = "swap-test";

    std::vector<SwapPair> pairs;
    SwapMethod method = SwapMethod::Difference;
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders.
    /// Method Concept: features that tell a concept's texts from the others at least this well
    /// (`ConceptFeature::score`) are swapped.
    double leastScore = 0.9;
};

struct SwapTestResult {
    SwapTestRequest request;
    double successRate = 0; ///< Share of pairs whose answer became the donor's.
    std::vector<SwapResult> results; ///< One for each pair; of removed and inserted features the
                                     ///< strongest 40.
    double seconds = 0;
};

} // namespace core
