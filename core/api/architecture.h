#pragma once

#include "core/api/dictionary_info.h"
#include "core/api/feature_row.h"
#include "core/api/token_info.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

struct ArchitectureView;

/// How a dictionary turns one activation into a few features: everything the diagram draws.
struct ArchitectureRequest {
    using Answer = ArchitectureView;
    static constexpr std::string_view kName = "architecture";

    std::string text;
    std::string dictionary;
    Position position;
};

struct ActiveFeature {
    FeatureRow row;
    float hiddenPre = 0.0f; ///< Before the nonlinearity.
    float activation = 0.0f;
    float decoderNorm = 0.0f;
    std::vector<float> decoderColumn; ///< W_dec[i], [d_out].
};

struct ArchitectureView {
    ArchitectureRequest request;
    DictionaryInfo dictionary;
    std::string token;
    std::vector<float> input; ///< The activation read, [d_in].
    std::vector<float> target; ///< What should be rebuilt: the input (SAE) or the output hook's
                               ///< value (transcoder), [d_out].
    std::vector<float> reconstruction; ///< [d_out]
    std::vector<ActiveFeature> active; ///< Every active feature, strongest first.
    double reconstructionLoss = 0; ///< sum_d (target - reconstruction)^2
    double sparsityLoss = 0; ///< sum_i |f_i| ||W_dec,i||, before any coefficient.
    double fvu = 0;
    std::vector<NextToken> nextNormal; ///< The model's own next tokens at this position.
};

} // namespace core
