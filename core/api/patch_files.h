#pragma once

#include "core/api/patch.h"

#include <memory>
#include <string>
#include <string_view>

namespace core {

/// Everything in a result as JSON: `effects` by hook point ("blocks.3.hook_resid_pre", a number for
/// each position or head), features as a list, correlations where both methods ran.
struct PatchJsonRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "patch-json";

    std::shared_ptr<const PatchResult> result;
    bool leadsWithApproximate = false; ///< Which of two methods is called `effects`.
};

/// The same JSON as a file, written to a temporary and renamed. Answers the path.
struct SavePatchJsonRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "save-patch-json";

    std::shared_ptr<const PatchResult> result;
    bool leadsWithApproximate = false;
    std::string path;
};

/// Safetensors: a tensor for each map. Answers the path.
struct SavePatchTensorsRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "save-patch-tensors";

    std::shared_ptr<const PatchResult> result;
    std::string path;
};

} // namespace core
