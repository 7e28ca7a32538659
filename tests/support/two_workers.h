#pragma once

#include "core/workers/workers.h"
#include "tests/support/free_port.h"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace tests {

/// Runs `work` as each of two workers at once.
inline void asTwo(const std::function<void(const std::shared_ptr<core::Workers>&)>& work)
{
    const int port = freePort();
    const auto start = [&](int rank) {
        core::WorkerPlace place;
        place.rank = rank;
        place.worldSize = 2;
        place.port = port;
        place.joinTimeout = place.timeout = std::chrono::seconds(60);
        const auto joined = core::Workers::join(place);
        ASSERT_TRUE(joined) << joined.error().message;
        work(*joined);
    };
    std::thread second(start, 1);
    start(0);
    second.join();
}

} // namespace tests
