#pragma once

#include "core/api/token_info.h"
#include "core/base/ids.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Sets one feature at one position to a value (circuit-tracer's feature intervention).
struct FeatureSetting {
    FeatureAt at;
    double value = 0; ///< The new activation; 0 = ablate.
};

struct InterveneResult;

/// Runs a prompt unchanged and with features set.
struct InterveneRequest {
    using Answer = InterveneResult;
    static constexpr std::string_view kName = "intervene";

    std::string prompt;
    std::vector<TokenId> ids;
    std::vector<FeatureSetting> settings;
    std::vector<FeatureSetting> factors; ///< Besides: these activations times `value`.
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders, one per layer.
    bool freezeAttention = true;
    int constrainFirst = -1,
        constrainLast = -1; ///< Layers whose outputs are held while the change passes; -1 = none.
    int generate = 0; ///< Tokens to write after the change.
    bool comparesAttention = false; ///< Also with attention the other way: frozen and free.
};

struct InterveneResult {
    InterveneRequest request;
    std::vector<NextToken> before, after;
    std::string textBefore, textAfter;
    std::vector<NextToken> afterOther; ///< With `comparesAttention`: attention the other way.
    std::string textAfterOther;
};

} // namespace core
