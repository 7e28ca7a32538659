#pragma once

// Baseline, AVX2 and AVX-512 on x86; vectors without a compile-time size cannot be kept in arrays.
#define HWY_DISABLED_TARGETS                                                                       \
    (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
