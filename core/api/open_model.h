#pragma once

#include "core/api/engine_state.h"

#include <string>
#include <string_view>

namespace core {

/// Loads a model, and the dictionaries and harvest that come with it: those of "builtin", or a pack
/// made for it (`MakePackRequest`). The old one stays until the new is whole.
struct OpenModelRequest {
    using Answer = EngineState;
    static constexpr std::string_view kName = "open";

    std::string path; ///< A Hugging Face folder, a GGUF file or a folder with one, or "builtin".
    std::string device; ///< "auto", "cpu", "cuda", "cuda:1"; empty = as the engine was started.
    std::string dtype; ///< "float32", "bfloat16", "float16", "int8"; empty likewise.
    bool bringsDictionaries = true; ///< Those that come with it are opened too.
    /// Where the device is not on this machine (one that was remembered), the cpu takes its place
    /// and ModelInfo::deviceNote says so; otherwise that is an error.
    bool fallsBackToCpu = false;
};

} // namespace core
