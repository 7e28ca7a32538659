#pragma once

#include "core/api/feature_row.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct ConceptFeatures;

/// Which features stand for a concept: those that fire on prompts with it and not on the others.
struct ConceptRequest {
    using Answer = ConceptFeatures;
    static constexpr std::string_view kName = "concept";

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
    std::string note; ///< What was put in front of the texts, and why; empty when nothing.
};

} // namespace core
