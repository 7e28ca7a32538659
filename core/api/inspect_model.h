#pragma once

#include "core/api/model_info.h"
#include "core/api/open_model.h"

#include <string_view>

namespace core {

/// What a folder holds and what it would cost, without loading its weights.
struct InspectModelRequest {
    using Answer = ModelInfo;
    static constexpr std::string_view kName = "inspect";

    OpenModelRequest model;
};

} // namespace core
