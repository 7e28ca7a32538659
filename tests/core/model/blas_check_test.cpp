#include "core/model/blas_check.h"

#include "core/model/thread_choice.h"

#include <cstdlib>

#include <dlfcn.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace {

using testing::AnyOf;

#if defined(__aarch64__)
constexpr const char* kMultiarch = "aarch64-linux-gnu";
#else
constexpr const char* kMultiarch = "x86_64-linux-gnu";
#endif

TEST(BlasCheck, SaysWhatToInstallForTheReferenceLibraryAlone)
{
    const auto check = core::checkBlas();
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && !std::getenv("OPENBLAS_CORETYPE")) {
        EXPECT_NE(check.kernels, "Prescott") << "the kernels of a processor without AVX2";
    }
#endif
    EXPECT_EQ(check.isSlow, !check.note.empty());
    EXPECT_EQ(check.isSlow, check.name == "reference BLAS");
    EXPECT_EQ(check.kernels.empty(), check.name != "OpenBLAS");
    if (check.isSlow) {
        EXPECT_NE(check.note.find("libopenblas0-pthread"), std::string::npos);
    }
}

TEST(BlasCheck, KnowsLibrariesByWhatIsInThem)
{
    const auto nameOf = [](const std::string& path) {
        void* const library = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
        const std::string name = library ? core::blasNameOf(library) : "absent";
        if (library)
            dlclose(library);
        return name;
    };
    // Where Debian keeps them, whichever of them is selected.
    const std::string folder = "/usr/lib/" + std::string(kMultiarch);
    EXPECT_THAT(nameOf(folder + "/blas/libblas.so.3"), AnyOf("reference BLAS", "absent"));
    EXPECT_THAT(nameOf(folder + "/openblas-pthread/libblas.so.3"), AnyOf("OpenBLAS", "absent"));
    EXPECT_EQ(nameOf("libz.so.1"), "");
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
    EXPECT_EQ(core::poolThreads(), 2);
    core::setTorchThreads(0);
    EXPECT_EQ(at::get_num_threads(), 1);
    core::setThreadLimit(0);
}

} // namespace
