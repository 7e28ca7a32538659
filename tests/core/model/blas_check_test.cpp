#include "core/model/blas_check.h"

#include <chrono>

#include <gtest/gtest.h>

#include <ATen/Parallel.h>

namespace {

TEST(BlasCheck, MeasuresAndSaysWhatToInstallWhenSlow)
{
    const auto check = core::checkBlas();
    EXPECT_GT(check.gflops, 0.1);
    EXPECT_EQ(check.isSlow, !check.note.empty());
    if (check.isSlow) {
        EXPECT_NE(check.note.find("libopenblas0-pthread"), std::string::npos);
    }
}

TEST(TorchThreads, AreSetAndAtLeastOne)
{
    core::setTorchThreads(2);
    EXPECT_EQ(at::get_num_threads(), 2);
    core::setTorchThreads(0);
    EXPECT_EQ(at::get_num_threads(), 1);
}

} // namespace
