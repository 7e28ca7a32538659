#pragma once

// Before a plain loop over floats: it is compiled for each instruction set, and the machine's own
// is taken when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FEATURESCOPE_CLONES                                                                        \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FEATURESCOPE_CLONES
#endif
