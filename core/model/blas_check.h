#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace core {

/// What the linear algebra library behind torch is.
struct BlasCheck {
    std::string name; ///< "OpenBLAS", "MKL", ..., "reference BLAS"; empty when it is none of them.
    std::string
        kernels; ///< OpenBLAS's name for them ("SkylakeX"); empty when the library is another.
    bool isSlow = false; ///< The reference library, which is some 80 times slower than OpenBLAS.
    std::string note; ///< What to install; empty when all is well.
};

/// Debian 12's OpenBLAS does not know processors newer than itself and falls back to kernels of
/// 2004, several times slower; this makes it choose by what the processor can do. Does nothing
/// elsewhere, or when OPENBLAS_CORETYPE is set. Once, before any other thread computes; `checkBlas`
/// and `setTorchThreads` call it.
void chooseBlasKernels();

/// Which library it is, not how fast it was just now: a busy machine is slow with any. Debian
/// selects the reference BLAS unless OpenBLAS is installed by name.
BlasCheck checkBlas();

/// The name of a library opened with dlopen, by functions that it alone, or what it stands on,
/// has; empty for an unknown one.
std::string blasNameOf(void* library);

/// Why the library cannot get the memory that products on so many threads take, with the figures.
/// Ask before the first product: OpenBLAS waits for ever for what it does not get.
std::optional<std::string> blasMemoryProblem(int threads);

/// Sizes torch's pool and leaves OpenBLAS one thread where `areProductsShared`. Call it from the
/// thread that runs the model.
void setTorchThreads(int threads);

} // namespace core
