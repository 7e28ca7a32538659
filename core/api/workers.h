#pragma once

#include <string>

namespace core {

/// This process among several that do one thing together: each is asked for the same, takes its
/// share of the work, and only the first writes. As torchrun says it.
struct WorkerGroup {
    int rank = 0, worldSize = 1; ///< One: alone.
    std::string address = "127.0.0.1"; ///< Of rank 0.
    int port = 29500;
};

} // namespace core
