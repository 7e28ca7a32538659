#pragma once

#include "options.h"

#include "core/api/engine.h"

namespace app {

/// `--export graph.json picture.svg`: draws a graph without a window. Returns the exit code; says
/// on stderr what went wrong.
int exportGraphToFile(const Options& options, const core::Engine::Options& engineOptions);

} // namespace app
