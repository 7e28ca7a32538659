#pragma once

#include <string>

namespace core {

/// What a short matrix product says about the linear algebra library behind torch.
struct BlasCheck {
    std::string
        kernels; ///< OpenBLAS's name for them ("SkylakeX"); empty when the library is another.
    double gflops = 0.0; ///< Of the best of a few 256 x 256 products.
    bool isSlow = false; ///< The reference library, which is some 80 times slower than OpenBLAS.
    std::string note; ///< What to install; empty when all is well.
};

/// Debian 12's OpenBLAS does not know processors newer than itself and falls back to kernels of
/// 2004, several times slower; this makes it choose by what the processor can do. Does nothing
/// elsewhere, or when OPENBLAS_CORETYPE is set. Once, before any other thread computes; `checkBlas`
/// and `setTorchThreads` call it.
void chooseBlasKernels();

/// Takes about 20 ms at most. Debian selects the reference BLAS unless OpenBLAS is installed by
/// name.
BlasCheck checkBlas();

/// Sizes torch's pool and, where there is one, OpenBLAS's own. Call it from the thread that runs
/// the model.
void setTorchThreads(int threads);

} // namespace core
