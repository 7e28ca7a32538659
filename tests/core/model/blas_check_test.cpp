#include "core/model/blas_check.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace {

TEST(BlasCheck, MeasuresAndSaysWhatToInstallWhenSlow)
{
    const auto check = core::checkBlas();
    EXPECT_GT(check.gflops, 0.1);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && !std::getenv("OPENBLAS_CORETYPE")) {
        EXPECT_NE(check.kernels, "Prescott") << "the kernels of a processor without AVX2";
    }
#endif
    EXPECT_EQ(check.isSlow, !check.note.empty());
    if (check.isSlow) {
        EXPECT_NE(check.note.find("libopenblas0-pthread"), std::string::npos);
    }
}

TEST(BlasCheck, ChosenKernelsComputeRight)
{
    core::chooseBlasKernels();
    for (const std::int64_t size : {1, 7, 64, 300}) {
        const at::Tensor a = at::randn({size, size + 3}), b = at::randn({size + 3, size});
        const at::Tensor expected = at::mm(a.to(at::kDouble), b.to(at::kDouble));
        EXPECT_LE((at::mm(a, b) - expected).abs().max().item<double>(), 1e-4) << size;
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
