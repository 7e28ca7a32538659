#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>

/// Starts the command line, which is a library, so that its surroundings are set before torch is
/// loaded: torch's threads read once, then, whether they sleep while they wait. Spinning, they are
/// many times slower as soon as another program wants a core.
int main(int argc, char** argv)
{
    constexpr int kKeepExisting = 0, kFailed = 1;
    setenv("OMP_WAIT_POLICY", "passive", kKeepExisting);
    void* const library = dlopen("libfeaturescope_cli.so", RTLD_NOW | RTLD_GLOBAL);
    void* const run = library ? dlsym(library, "runFeaturescopeCli") : nullptr;
    if (!run) {
        std::fprintf(
            stderr, "featurescope-cli: %s. The file belongs beside the program.\n", dlerror());
        return kFailed;
    }
    return reinterpret_cast<int (*)(int, char**)>(run)(argc, argv);
}
