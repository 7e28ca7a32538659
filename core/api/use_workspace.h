#pragma once

#include "core/api/engine_state.h"

#include <string>
#include <string_view>

namespace core {

/// Opens the workspace file at a path, which must exist, in place of the open model's; for work on
/// labels and cards without a model.
struct UseWorkspaceRequest {
    using Answer = EngineState; ///< Its dictionaries are those that the workspace knows.
    static constexpr std::string_view kName = "use-workspace";

    std::string path; ///< Or "builtin": a person's copy of the shipped one.
};

} // namespace core
