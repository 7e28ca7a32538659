#pragma once

#include "app/cli/options.h"

#include "core/api/fluency_guard.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace cli {

/// The options of a guard (docs/command-line.md), for verbs that steer.
struct GuardOptions {
    std::string budget; ///< MEAN or MEAN:PEAK; empty: no guard.
    double maxSurprisal = -1; ///< Negative: no limit.
    int candidates = core::FluencyGuard().candidates;
    int halvings = core::FluencyGuard().halvings;

    void addTo(Verb& verb);
    core::Result<std::optional<core::FluencyGuard>> guard() const;
};

/// Numbers as an option lists them; says which is none.
core::Result<std::vector<double>> parseNumbers(
    const std::string& option, const std::vector<std::string>& texts);

} // namespace cli
