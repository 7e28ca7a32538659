#pragma once

#include "core/api/feature_row.h"
#include "core/api/token_info.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct PromptAnalysis;

/// Reads a prompt with every chosen dictionary.
struct AnalyzeRequest {
    using Answer = PromptAnalysis;
    static constexpr std::string_view kName = "analyze";

    std::string text;
    std::vector<std::string> dictionaries; ///< Names; empty = all open ones.
    int topFeatures = 40; ///< Rows of the heat map per dictionary, strongest by peak.
};

/// One feature over the tokens of a prompt.
struct FeatureTrace {
    FeatureRow row;
    std::vector<float> activations; ///< One per token.
    float peak = 0.0f;
};

struct DictionaryAnalysis {
    std::string dictionary;
    std::vector<FeatureTrace>
        features; ///< The strongest, by peak over the prompt's non-special tokens.
    std::int64_t activeFeatures
        = 0; ///< How many fire anywhere on the prompt; more than shown are hidden.
    std::vector<int> l0; ///< Active features per token.
    std::vector<float> fvu; ///< Unexplained share per token.
};

struct PromptAnalysis {
    AnalyzeRequest request;
    std::string model;
    std::vector<TokenInfo> tokens;
    bool hasBos = false; ///< Token 0 is special: left out of peaks and means.
    std::vector<DictionaryAnalysis> dictionaries;
    std::vector<NextToken> next; ///< After the last token, most probable first.
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
    std::vector<float> tokenLoss; ///< -ln p of each token given those before; 0 for the first.
};

} // namespace core
