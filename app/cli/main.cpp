#include "core/base/address_space.h"

#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>

/// Starts the command line, which is a library, so that its surroundings are set before torch is
/// loaded: torch's threads read once, then, whether they sleep while they wait. Spinning, they are
/// many times slower as soon as another program wants a core. OpenBLAS, whose threads always spin,
/// is left with one: products are shared out by core/model/matrix_product.h.
int main(int argc, char** argv)
{
    constexpr int kKeepExisting = 0, kFailed = 1;
    setenv("OMP_WAIT_POLICY", "passive", kKeepExisting);
    setenv("OPENBLAS_NUM_THREADS", "1", kKeepExisting);
    // Libraries 750 MiB (with CUDA's 2,400), OpenBLAS's first buffer 128, threads' stacks and heaps
    // the rest. Without, the program would end in the middle of loading, or in OpenBLAS never.
    constexpr std::size_t kToStart = std::size_t{FEATURESCOPE_MIB_TO_START} << 20;
    if (const auto problem = core::addressSpaceProblem(kToStart, "Starting")) {
        std::fprintf(stderr, "featurescope-cli: %s\n", problem->c_str());
        return kFailed;
    }
    void* const library = dlopen("libfeaturescope_cli.so", RTLD_NOW | RTLD_GLOBAL);
    void* const run = library ? dlsym(library, "runFeaturescopeCli") : nullptr;
    if (!run) {
        std::fprintf(
            stderr, "featurescope-cli: %s. The file belongs beside the program.\n", dlerror());
        return kFailed;
    }
    return reinterpret_cast<int (*)(int, char**)>(run)(argc, argv);
}
