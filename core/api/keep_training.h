#pragma once

#include "core/api/train.h"

#include <string>
#include <string_view>

namespace core {

/// Makes dictionaries of a paused run as it stands. It can still go on afterwards.
struct KeepTrainingRequest {
    using Answer = TrainingOutcome;
    static constexpr std::string_view kName = "keep-training";

    std::string folder;
};

} // namespace core
