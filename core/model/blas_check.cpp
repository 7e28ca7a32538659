#include "core/model/blas_check.h"

#include "core/base/address_space.h"
#include "core/model/matrix_product.h"
#include "core/model/thread_choice.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

#include <dlfcn.h>

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

std::string blasNameOf(void* library)
{
    // The reference's own mark is a variable of its C face; others may have taken that over with
    // it.
    constexpr std::pair<const char*, const char*> kMarks[]{{"openblas_get_config", "OpenBLAS"},
        {"MKL_Get_Version_String", "MKL"}, {"bli_info_get_version_str", "BLIS"},
        {"ATL_buildinfo", "ATLAS"}, {"armpl_get_version", "Arm Performance Libraries"},
        {"RowMajorStrg", "reference BLAS"}};
    for (const auto& [function, name] : kMarks)
        if (dlsym(library, function))
            return name;
    return {};
}

BlasCheck checkBlas()
{
    chooseBlasKernels();
    BlasCheck check;
    check.kernels = OpenBlas().kernels();
    Dl_info place{};
    void* const product = reinterpret_cast<void*>(libraryProduct());
    if (dladdr(product, &place) == 0)
        return check;
    if (void* const library = dlopen(place.dli_fname, RTLD_LAZY | RTLD_NOLOAD)) {
        check.name = blasNameOf(library);
        dlclose(library);
    }
    check.isSlow = check.name == "reference BLAS";
    if (check.isSlow)
        check.note = std::string("The linear algebra library in use, ") + place.dli_fname
            + ", is the slow reference one. Install libopenblas0-pthread (apt install "
              "libopenblas0-pthread): many times faster.";
    return check;
}

std::optional<std::string> blasMemoryProblem(int threads)
{
    if (OpenBlas().kernels().empty())
        return std::nullopt;
    // BUFFER_SIZE of OpenBLAS 0.3.21 on x86-64, for each thread that is inside a product.
    constexpr std::size_t kBuffer = std::size_t{128} << 20;
    return addressSpaceProblem(kBuffer * static_cast<std::size_t>(std::max(threads, 1)),
        "Linear algebra on " + std::to_string(std::max(threads, 1)) + " threads");
}

void setTorchThreads(int threads)
{
    chooseBlasKernels();
    const int count = std::max(1, threads);
    setThreadLimit(count);
    at::set_num_threads(count);
    // OpenBLAS keeps a pool of its own.
    if (auto* setThreads = OpenBlas().find<void(int)>("openblas_set_num_threads"))
        setThreads(areProductsShared() ? 1 : count);
}

} // namespace core
