#pragma once

#include "core/engine/results.h"

#include <string>
#include <vector>

/// Concepts found from contrasting prompts, and the swap test over many pairs. Plain values.
namespace core {

/// Which features stand for a concept: those that fire on prompts with it and not on the others.
struct ConceptRequest {
    std::vector<std::string> with, without;
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders.
    int limit = 20;
};

struct ConceptFeature {
    FeatureRow row;
    Layer layer;
    double score = 0; ///< Balanced share of prompts told apart, 0.5 = chance, 1 = all.
    double meanWith = 0, meanWithout = 0; ///< Of each prompt's largest activation.
    double shareWith = 0, shareWithout = 0; ///< Of prompts on which it fires.
};

struct ConceptFeatures {
    ConceptRequest request;
    std::vector<ConceptFeature> features; ///< Best first.
};

struct SwapPair {
    std::string prompt, donor;
    std::string answer; ///< The donor's expected answer; empty = what the model says to the donor.
};

enum class SwapMethod : std::uint8_t {
    Difference, ///< Every feature that differs between the two runs takes the donor's value.
    Concept, ///< Features of the prompt's concept off, those of the donor's on; found from the
             ///< other texts of the list as contrast.
};

struct SwapTestRequest {
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
