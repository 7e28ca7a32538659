// Products of a few rows with weights in GGUF's blocks: each block is decoded in registers, for all
// rows of x at once, and read once.
#include "core/files/gguf_blocks.h"
#include "core/model/skinny_job.h"
#include "core/model/skinny_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_blocks.cpp"
#include <hwy/foreach_target.h>

#include "core/model/skinny_blocks-inl.h"

// Highway's dispatch wants a function and an export of its own for every format.
#ifndef FEATURESCOPE_BLOCK_FORMATS
#define FEATURESCOPE_BLOCK_FORMATS(DO)                                                             \
    DO(Q4_0)                                                                                       \
    DO(Q4_1)                                                                                       \
    DO(Q5_0)                                                                                       \
    DO(Q5_1)                                                                                       \
    DO(Q8_0)                                                                                       \
    DO(Q2_K)                                                                                       \
    DO(Q3_K)                                                                                       \
    DO(Q4_K)                                                                                       \
    DO(Q5_K)                                                                                       \
    DO(Q6_K)                                                                                       \
    DO(IQ4_NL)                                                                                     \
    DO(IQ4_XS)
#endif

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

#define FEATURESCOPE_KERNELS(FORMAT)                                                               \
    void dot##FORMAT(const SkinnyJob& job, const SkinnyPart& part)                                 \
    {                                                                                              \
        dotBlocks<FORMAT>(job, part);                                                              \
    }                                                                                              \
    void widen##FORMAT(const std::uint8_t* blocks, std::int64_t count, float* wide)                \
    {                                                                                              \
        widenBlocksOf<FORMAT>(blocks, count, wide);                                                \
    }
FEATURESCOPE_BLOCK_FORMATS(FEATURESCOPE_KERNELS)
#undef FEATURESCOPE_KERNELS

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

#define FEATURESCOPE_EXPORT(FORMAT)                                                                \
    HWY_EXPORT(dot##FORMAT);                                                                       \
    HWY_EXPORT(widen##FORMAT);
FEATURESCOPE_BLOCK_FORMATS(FEATURESCOPE_EXPORT)

BlockKernels skinnyBlocks(const BlockFormat& format)
{
#define FEATURESCOPE_CHOOSE(FORMAT)                                                                \
    if (format.name == #FORMAT)                                                                    \
        return {&HWY_DYNAMIC_DISPATCH(dot##FORMAT), &HWY_DYNAMIC_DISPATCH(widen##FORMAT)};
    FEATURESCOPE_BLOCK_FORMATS(FEATURESCOPE_CHOOSE)
    return {};
}

} // namespace core
#endif
