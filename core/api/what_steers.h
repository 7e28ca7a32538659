#pragma once

#include "core/api/feature_row.h"
#include "core/api/sweep.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct WhatSteers;

/// Which features make the model write about a concept: candidates of all layers and dictionaries
/// are clamped at several strengths, and ranked by how much of their text is on topic while it
/// stays whole.
struct WhatSteersRequest {
    using Answer = WhatSteers;
    static constexpr std::string_view kName = "what-steers";

    std::string query; ///< A search; its best hits are the candidates and the topic.
    std::vector<FeatureRef> candidates; ///< Instead of the hits, or beside them.
    int most = 24; ///< Hits that are tried.
    int samples = 2; ///< Texts per candidate and strength.
    std::string prompt;
    bool isChat = false; ///< As of GenerateRequest.
    std::vector<double> multiples = {2, 5, 10}; ///< Of each feature's largest activation.
    GenerateSettings settings; ///< Length, sampling, guard.
};

struct SteeringCandidate {
    FeatureRow row;
    double multiple = 0; ///< The best strength.
    SweepCell best; ///< What is written at it.
};

struct WhatSteers {
    WhatSteersRequest request;
    std::vector<FeatureRef> topic; ///< Whose firing counted.
    SweepCell normal;
    std::vector<SteeringCandidate> ranked; ///< Best first; those that do not steer come last.
    int steering = 0; ///< How many of the first of `ranked` steer: whole text, more on topic.
    std::string note; ///< What was put in front of the prompt.
};

} // namespace core
