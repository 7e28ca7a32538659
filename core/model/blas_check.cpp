#include "core/model/blas_check.h"

#include <algorithm>
#include <chrono>

#include <dlfcn.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace core {

BlasCheck checkBlas()
{
    using Clock = std::chrono::steady_clock;
    // The reference library reaches 2 GFLOP/s, OpenBLAS 50 and more on one core; a busy machine may halve that.
    constexpr double kSlow = 6.0;
    constexpr std::int64_t kSize = 256;
    constexpr double kBudgetSeconds = 0.02;
    const at::NoGradGuard noGrad;
    const at::Tensor a = at::full({kSize, kSize}, 0.5, at::kFloat);
    const at::Tensor b = at::full({kSize, kSize}, 0.25, at::kFloat);
    at::mm(a.narrow(0, 0, 64), b.narrow(1, 0, 64)); // Loads the library and starts its threads.
    BlasCheck check;
    const auto start = Clock::now();
    for (double spent = 0; spent < kBudgetSeconds && check.gflops < 4 * kSlow;) {
        const auto before = Clock::now();
        at::mm(a, b);
        const auto now = Clock::now();
        const double seconds = std::chrono::duration<double>(now - before).count();
        check.gflops = std::max(check.gflops, 2e-9 * kSize * kSize * kSize / seconds);
        spent = std::chrono::duration<double>(now - start).count();
    }
    check.isSlow = check.gflops < kSlow;
    if (check.isSlow)
        check.note = "The linear algebra library in use is slow (" + std::to_string(static_cast<int>(check.gflops + 0.5))
            + " GFLOP/s). Install libopenblas0-pthread (apt install libopenblas0-pthread): many times faster.";
    return check;
}

void setTorchThreads(int threads)
{
    const int count = std::max(1, threads);
    at::set_num_threads(count);
    // OpenBLAS keeps a pool of its own that torch's BLAS-neutral build does not know.
    if (void* library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD)) {
        if (void* symbol = dlsym(library, "openblas_set_num_threads"))
            reinterpret_cast<void (*)(int)>(symbol)(count);
        dlclose(library);
    }
}

} // namespace core
