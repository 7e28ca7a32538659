#pragma once

#include "app/cli/options.h"

#include "core/api/workers.h"

#include <cstdint>
#include <string>

namespace cli {

/// --world-size, --rank, --master-addr and --master-port; what is not given, torchrun's environment
/// variables say.
struct WorkerOptions {
    std::int64_t rank = -1, worldSize = 0, port = 0;
    std::string address;

    void addTo(Verb& verb, const std::string& worldSizeHelp); ///< What so many do together.
    /// UsageError where they contradict each other.
    core::WorkerGroup group() const;
};

} // namespace cli
