#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace core {

/// How far a long job is. `total` 0 means that the end is not known.
struct Progress {
    std::string what; ///< A short phrase: "Harvesting features".
    std::int64_t done = 0;
    std::int64_t total = 0;
    std::string unit; ///< What `done` counts: "tokens", "bytes".
    bool isWaiting = false; ///< Not begun yet, or given way: the rest tells of the work that it
                            ///< waits for.
};

/// Called between two slices of long work, on the thread that does it, ten times a second or more
/// where that can be. The engine lets requests that wait run inside the call: nothing may be half
/// changed then.
using ProgressFn = std::function<void(const Progress&)>;

} // namespace core
