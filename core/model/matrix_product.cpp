#include "core/model/matrix_product.h"

#include "core/model/thread_choice.h"
#include "core/model/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>
#include <omp.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

using Sgemm = decltype(sgemm_);

std::atomic<bool> g_hasArrived = false;

/// One tile's rows and columns: enough tiles that no thread waits long for the last, none so small
/// that copying its strips of A and B shows beside multiplying them.
struct Tile {
    std::int64_t rows;
    std::int64_t columns;
};

Tile tileFor(std::int64_t m, std::int64_t n, double perResult, int threads)
{
    constexpr std::int64_t kLeast = 128, kRounding = 32;
    constexpr double kTilesPerThread = 4.0;
    constexpr double kMost = 4e8; // operations; some milliseconds
    const double all = perResult * static_cast<double>(m) * static_cast<double>(n);
    const double wanted
        = std::clamp(all / (kTilesPerThread * threads), kProductWorthThreads / 2, kMost);
    Tile tile{m, n};
    while (
        perResult * static_cast<double>(tile.rows) * static_cast<double>(tile.columns) > wanted) {
        std::int64_t& side = tile.rows >= tile.columns ? tile.rows : tile.columns;
        if (side <= kLeast)
            break;
        side = (side / 2 + kRounding - 1) / kRounding * kRounding;
    }
    return tile;
}

/// oneDNN's product, row by row.
using RowProduct = int(char transA, char transB, std::int64_t m, std::int64_t n, std::int64_t k,
    float alpha, const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta,
    float* c, std::int64_t ldc);

/// Of the library that Debian's libtorch brings along, on processors where it is the faster one;
/// else null.
RowProduct* oneDnnProduct()
{
    static RowProduct* const found = []() -> RowProduct* {
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
            return reinterpret_cast<RowProduct*>(dlsym(RTLD_DEFAULT, "dnnl_sgemm"));
#endif
        return nullptr;
    }();
    return found;
}

/// Operations below which OpenBLAS is the faster one also there (docs/performance.md section 1).
constexpr double kWorthOneDnn = 2e6;

/// oneDNN and MKL share a product out to as many threads as OpenMP and MKL say, and wait for them
/// awake.
class OneThread {
public:
    OneThread()
        : m_before(omp_get_max_threads())
        , m_mklBefore(setMklThreads(1))
    {
        if (m_before > 1)
            omp_set_num_threads(1);
    }
    ~OneThread()
    {
        setMklThreads(m_mklBefore);
        if (m_before > 1)
            omp_set_num_threads(m_before);
    }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    /// Of this thread alone; what it was before, 0 for the number of all threads.
    static int setMklThreads(int count)
    {
        static auto* const set
            = reinterpret_cast<int (*)(int)>(dlsym(RTLD_DEFAULT, "MKL_Set_Num_Threads_Local"));
        return set ? set(count) : 0;
    }

    int m_before;
    int m_mklBefore;
};

bool isTransposed(char letter)
{
    return letter != 'N' && letter != 'n';
}

/// sgemm_ on this thread, by the library that suits the size: a rule, not a trial of the minute,
/// so that the same product has the same last bits tomorrow.
void productHere(const char* transA, const char* transB, const int* m, const int* n, const int* k,
    const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
    const float* beta, float* c, const int* ldc)
{
    const OneThread oneThread;
    if (2.0 * *m * *n * *k >= kWorthOneDnn)
        if (RowProduct* const product = oneDnnProduct()) {
            // Columns of C are rows of its transpose, which is op(B)^T op(A)^T.
            if (product(isTransposed(*transB) ? 'T' : 'N', isTransposed(*transA) ? 'T' : 'N', *n,
                    *m, *k, *alpha, b, *ldb, a, *lda, *beta, c, *ldc)
                == 0)
                return;
        }
    libraryProduct()(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

} // namespace

decltype(sgemm_)* libraryProduct()
{
    static Sgemm* const found = [] {
        auto* next = reinterpret_cast<Sgemm*>(dlsym(RTLD_NEXT, "sgemm_"));
        if (!next || next == &sgemm_)
            if (void* const library = dlopen("libblas.so.3", RTLD_NOW | RTLD_LOCAL))
                next = reinterpret_cast<Sgemm*>(dlsym(library, "sgemm_"));
        if (!next || next == &sgemm_) {
            std::fputs("featurescope: no BLAS library holds sgemm_. Install "
                       "libopenblas0-pthread.\n",
                stderr);
            std::abort(); // torch could not have been loaded
        }
        return next;
    }();
    return found;
}

bool areProductsShared()
{
    if (!g_hasArrived.load()) {
        const at::NoGradGuard noGrad;
        const at::Tensor a = at::zeros({32, 32});
        at::mm(a, a);
    }
    return g_hasArrived.load();
}

} // namespace core

extern "C" void sgemm_(const char* transA, const char* transB, const int* m, const int* n,
    const int* k, const float* alpha, const float* a, const int* lda, const float* b,
    const int* ldb, const float* beta, float* c, const int* ldc)
{
    using namespace core;
    g_hasArrived.store(true, std::memory_order_relaxed);
    const double perResult = 2.0 * *k;
    const int threads = omp_in_parallel() || WorkerPool::isWorking()
        ? 1
        : threadsForProduct(perResult * *m * *n, poolThreads());
    if (threads < 2)
        return productHere(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    const Tile tile = tileFor(*m, *n, perResult, threads);
    const std::int64_t down = (*m + tile.rows - 1) / tile.rows;
    const std::int64_t across = (*n + tile.columns - 1) / tile.columns;
    const bool isATransposed = isTransposed(*transA), isBTransposed = isTransposed(*transB);
    WorkerPool::shared().run(down * across, threads, [&](std::int64_t index) {
        const std::int64_t row = index % down * tile.rows, column = index / down * tile.columns;
        const int rows = static_cast<int>(std::min<std::int64_t>(tile.rows, *m - row));
        const int columns = static_cast<int>(std::min<std::int64_t>(tile.columns, *n - column));
        productHere(transA, transB, &rows, &columns, k, alpha,
            a + (isATransposed ? row * *lda : row), lda,
            b + (isBTransposed ? column : column * *ldb), ldb, beta, c + row + column * *ldc, ldc);
    });
}
