#pragma once

#include "core/api/engine.h"

#include <string>
#include <utility>

namespace tests {

/// Of a real engine with the built-in model, which keeps what it writes in `dataFolder` and leaves
/// the other cores to what runs beside it.
inline core::Engine::Options engineOptions(std::string dataFolder)
{
    core::Engine::Options options;
    options.resources = FEATURESCOPE_RESOURCES;
    options.dataFolder = std::move(dataFolder);
    options.threads = 1;
    return options;
}

} // namespace tests
