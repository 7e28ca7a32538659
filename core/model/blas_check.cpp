#include "core/model/blas_check.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>

#include <dlfcn.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace core {

namespace {

/// OpenBLAS, when it is what torch runs on; its own functions are not in torch's BLAS-neutral
/// headers.
class OpenBlas {
public:
    OpenBlas()
        : m_library(dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD))
    {
    }
    ~OpenBlas()
    {
        if (m_library)
            dlclose(m_library);
    }
    OpenBlas(const OpenBlas&) = delete;
    OpenBlas& operator=(const OpenBlas&) = delete;

    template <typename Function> Function* find(const char* name) const
    {
        return m_library ? reinterpret_cast<Function*>(dlsym(m_library, name)) : nullptr;
    }
    std::string kernels() const
    {
        auto* name = find<char*()>("openblas_get_corename");
        return name ? name() : "";
    }

private:
    void* m_library;
};

void chooseKernels()
{
#if defined(__x86_64__)
    const OpenBlas library;
    auto* quit = library.find<void()>("gotoblas_dynamic_quit");
    auto* init = library.find<void()>("gotoblas_dynamic_init");
    const bool isModern = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!quit || !init || !isModern || library.kernels() != "Prescott"
        || std::getenv("OPENBLAS_CORETYPE"))
        return;
    const bool isWide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    setenv("OPENBLAS_CORETYPE", isWide ? "SkylakeX" : "Haswell", 1);
    quit();
    init();
#endif
}

} // namespace

void chooseBlasKernels()
{
    static std::once_flag once;
    std::call_once(once, chooseKernels);
}

BlasCheck checkBlas()
{
    using Clock = std::chrono::steady_clock;
    // The reference library reaches 2 GFLOP/s, OpenBLAS 50 and more on one core; a busy machine may
    // halve that.
    constexpr double kSlow = 6.0;
    constexpr std::int64_t kSize = 256;
    constexpr double kBudgetSeconds = 0.02;
    chooseBlasKernels();
    const at::NoGradGuard noGrad;
    const at::Tensor a = at::full({kSize, kSize}, 0.5, at::kFloat);
    const at::Tensor b = at::full({kSize, kSize}, 0.25, at::kFloat);
    at::mm(a.narrow(0, 0, 64), b.narrow(1, 0, 64)); // Loads the library and starts its threads.
    BlasCheck check;
    check.kernels = OpenBlas().kernels();
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
        check.note = "The linear algebra library in use is slow ("
            + std::to_string(static_cast<int>(check.gflops + 0.5))
            + " GFLOP/s). Install libopenblas0-pthread (apt install libopenblas0-pthread): many "
              "times faster.";
    return check;
}

void setTorchThreads(int threads)
{
    chooseBlasKernels();
    const int count = std::max(1, threads);
    at::set_num_threads(count);
    // OpenBLAS keeps a pool of its own.
    if (auto* setThreads = OpenBlas().find<void(int)>("openblas_set_num_threads"))
        setThreads(count);
}

} // namespace core
