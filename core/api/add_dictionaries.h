#pragma once

#include "core/api/engine_state.h"

#include <string>
#include <string_view>

namespace core {

/// Opens a dictionary file or folder in any known format, also a folder of several; or "builtin",
/// "builtin:NAME". One with the name of an open one takes its place. Of several those that fit are
/// opened and the others are in the answer's `refused`; an error only when none fits.
struct AddDictionariesRequest {
    using Answer = EngineState;
    static constexpr std::string_view kName = "add-dictionaries";

    std::string path;
};

} // namespace core
