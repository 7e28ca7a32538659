#pragma once

#include "core/api/engine_state.h"

#include <string>
#include <string_view>

namespace core {

struct CloseDictionaryRequest {
    using Answer = EngineState;
    static constexpr std::string_view kName = "close";

    std::string dictionary; ///< Its name.
};

} // namespace core
