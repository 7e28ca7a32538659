#include "core/model/thread_choice.h"

#include "core/model/blas_check.h"
#include "core/model/matrix_product.h"
#include "core/model/worker_pool.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace {

using namespace core;

TEST(ThreadChoice, LittleProductsStayOnOneThread)
{
    // The built-in model's largest product at one token and at 64, and GPT-2 small's at 256.
    EXPECT_EQ(threadsForProduct(2.0 * 128 * 384, 16), 1);
    EXPECT_EQ(threadsForProduct(2.0 * 64 * 128 * 384, 16), 1);
    EXPECT_EQ(threadsForProduct(2.0 * 256 * 768 * 3072, 16), 16);
    // Never more than there is work for, never none, never more than allowed.
    EXPECT_EQ(threadsForProduct(3.5 * kProductWorthThreads, 16), 3);
    EXPECT_EQ(threadsForProduct(0, 0), 1);
    EXPECT_EQ(threadsForProduct(1e15, 2), 2);
}

TEST(ThreadChoice, OperationsOfASmallModelStayOnOneThread)
{
    EXPECT_EQ(threadsForOperations(384, 16, 16.0), 1); // the built-in model
    EXPECT_EQ(threadsForOperations(3072, 16, 16.0), 16); // GPT-2 small
    EXPECT_EQ(threadsForOperations(14336, 2, 2.0), 2);
}

TEST(ThreadChoice, NoThreadIsWaitedForThatHasNoCore)
{
    EXPECT_EQ(threadsForOperations(3072, 2, 0.7), 1); // two busy programs on two cores
    EXPECT_EQ(threadsForOperations(3072, 2, 1.0), 1); // one
    EXPECT_EQ(threadsForOperations(3072, 2, 1.3), 1);
    EXPECT_EQ(threadsForOperations(3072, 2, 1.9), 2); // somebody moves the mouse
    EXPECT_EQ(threadsForOperations(3072, 16, 9.1), 9);
    EXPECT_EQ(threadsForOperations(3072, 16, 0.0), 1);
}

TEST(CoreWatch, CountsWhatOthersTake)
{
    using Counted = CoreWatch::Counted;
    const Counted start{100, 10, 50};
    // Two cores for a second: alone on one, alone on both, beside two programs, beside one.
    EXPECT_DOUBLE_EQ(CoreWatch::freeCores(start, {101, 11, 51}, 2), 2.0);
    EXPECT_DOUBLE_EQ(CoreWatch::freeCores(start, {102, 12, 51}, 2), 2.0);
    EXPECT_NEAR(CoreWatch::freeCores(start, {102, 10.667, 51}, 2), 0.667, 1e-9);
    EXPECT_DOUBLE_EQ(CoreWatch::freeCores(start, {102, 11, 51}, 2), 1.0);
    // Counters that stand still, or tick coarsely, leave it within what the machine has.
    EXPECT_DOUBLE_EQ(CoreWatch::freeCores(start, start, 2), 2.0);
    EXPECT_DOUBLE_EQ(CoreWatch::freeCores(start, {100, 11, 51}, 2), 2.0);
    EXPECT_DOUBLE_EQ(CoreWatch::freeCores(start, {109, 10, 51}, 2), 0.0);
}

TEST(MatrixProduct, OfTorchIsShared)
{
    EXPECT_TRUE(areProductsShared());
}

TEST(MatrixProduct, InTilesIsThePlainOne)
{
    setThreadLimit(3);
    struct Case {
        std::int64_t m, k, n;
    };
    at::manual_seed(3);
    for (const auto& [m, k, n] : {Case{1, 5000, 4000}, Case{700, 300, 129}, Case{257, 511, 1023},
             Case{2000, 64, 33}, Case{33, 4000, 1}, Case{512, 512, 512}})
        for (const bool isATransposed : {false, true})
            for (const bool isBTransposed : {false, true}) {
                const at::Tensor a
                    = isATransposed ? at::randn({k, m}).t() : at::randn({m, k + 3}).narrow(1, 2, k);
                const at::Tensor b
                    = isBTransposed ? at::randn({n, k}).t() : at::randn({k, n + 5}).narrow(1, 4, n);
                const at::Tensor bias = at::randn({m, n});
                const at::Tensor exact = bias.to(at::kDouble) * 0.5
                    + 2.0 * at::mm(a.to(at::kDouble), b.to(at::kDouble));
                const at::Tensor made = at::addmm(bias, a, b, 0.5, 2.0);
                EXPECT_LE((made - exact).abs().max().item<double>(), 2e-3)
                    << m << "x" << k << "x" << n;
            }
    setThreadLimit(0);
}

TEST(WorkerPool, WaitsForNoThreadThatHasNotBegun)
{
    // A helper is held in a chunk until every other chunk is done: the others must not wait for it.
    std::atomic<int> done = 0;
    std::atomic<bool> isHeld = false;
    const auto caller = std::this_thread::get_id();
    constexpr int kChunks = 50;
    WorkerPool::shared().run(kChunks, 2, [&](std::int64_t) {
        if (std::this_thread::get_id() != caller && !isHeld.exchange(true))
            while (done.load() < kChunks - 1)
                std::this_thread::yield();
        ++done;
    });
    EXPECT_EQ(done.load(), kChunks);
}

TEST(WorkerPool, AJobInsideAJobIsDoneByItsThread)
{
    std::atomic<int> done = 0;
    WorkerPool::shared().run(8, 2, [&](std::int64_t) {
        const auto here = std::this_thread::get_id();
        WorkerPool::shared().run(4, 2, [&](std::int64_t) {
            EXPECT_EQ(std::this_thread::get_id(), here);
            ++done;
        });
    });
    EXPECT_EQ(done.load(), 32);
    EXPECT_FALSE(WorkerPool::isWorking());
}

} // namespace
