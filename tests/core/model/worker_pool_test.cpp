#include "core/model/worker_pool.h"

#include <numeric>

#include <gtest/gtest.h>

using core::WorkerPool;

namespace {

TEST(WorkerPool, EveryChunkIsDoneOnce)
{
    WorkerPool pool;
    for (int round = 0; round < 2000; ++round) {
        const int threads = 1 + round % 4;
        std::vector<int> done(static_cast<std::size_t>(round % 37), 0);
        pool.run(static_cast<std::int64_t>(done.size()), threads,
            [&](std::int64_t i) { ++done[static_cast<std::size_t>(i)]; });
        EXPECT_EQ(done, std::vector<int>(done.size(), 1)) << "round " << round;
    }
}

TEST(WorkerPool, OtherThreadsTakePart)
{
    WorkerPool pool;
    std::mutex mutex;
    std::condition_variable both;
    int inside = 0;
    // Each of two chunks waits until the other has begun.
    pool.run(2, 2, [&](std::int64_t) {
        std::unique_lock lock(mutex);
        ++inside;
        both.notify_all();
        both.wait(lock, [&] { return inside == 2; });
    });
    EXPECT_EQ(inside, 2);
}

TEST(WorkerPool, CallersAtTheSameTimeDoNotDisturbEachOther)
{
    WorkerPool pool;
    std::vector<std::int64_t> sums(3, 0);
    {
        std::vector<std::jthread> callers;
        for (std::int64_t& sum : sums)
            callers.emplace_back([&pool, &sum] {
                for (int round = 0; round < 500; ++round) {
                    std::vector<std::int64_t> parts(16, 0);
                    pool.run(
                        16, 2, [&](std::int64_t i) { parts[static_cast<std::size_t>(i)] = i; });
                    sum += std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
                }
            });
    }
    EXPECT_EQ(sums, std::vector<std::int64_t>(3, 500 * 120));
}

} // namespace
