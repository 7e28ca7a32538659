#pragma once

#include <string>

namespace core {

/// What a short matrix product says about the linear algebra library behind torch.
struct BlasCheck {
    double gflops = 0.0; ///< Of the best of a few 256 x 256 products.
    bool isSlow = false; ///< The reference library, which is some 80 times slower than OpenBLAS.
    std::string note; ///< What to install; empty when all is well.
};

/// Takes about 20 ms at most. Debian selects the reference BLAS unless OpenBLAS is installed by name.
BlasCheck checkBlas();

/// Sizes torch's pool and, where there is one, OpenBLAS's own. Call it from the thread that runs the model.
void setTorchThreads(int threads);

} // namespace core
