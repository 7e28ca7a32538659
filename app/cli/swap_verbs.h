#pragma once

#include "app/cli/context.h"

namespace cli {

/// `swap-test` and `concept`.
void addSwapVerbs(CLI::App& app, Context& context);

} // namespace cli
