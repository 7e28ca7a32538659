// Products of a few rows with weights in GGUF's blocks: each block is decoded in registers, for all
// rows of x at once, and read once.
#include "core/files/gguf_blocks.h"
#include "core/model/skinny_job.h"
#include "core/model/skinny_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_blocks.cpp"
#include <hwy/foreach_target.h>

#include "core/model/skinny_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

void dotQ4_0(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q4_0>(job, part);
}
void dotQ4_1(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q4_1>(job, part);
}
void dotQ5_0(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q5_0>(job, part);
}
void dotQ5_1(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q5_1>(job, part);
}
void dotQ8_0(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q8_0>(job, part);
}
void dotQ4_K(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q4_K>(job, part);
}
void dotQ5_K(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q5_K>(job, part);
}
void dotQ6_K(const SkinnyJob& job, const SkinnyPart& part)
{
    dotBlocks<Q6_K>(job, part);
}

void widenQ4_0(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q4_0>(blocks, count, wide);
}
void widenQ4_1(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q4_1>(blocks, count, wide);
}
void widenQ5_0(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q5_0>(blocks, count, wide);
}
void widenQ5_1(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q5_1>(blocks, count, wide);
}
void widenQ8_0(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q8_0>(blocks, count, wide);
}
void widenQ4_K(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q4_K>(blocks, count, wide);
}
void widenQ5_K(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q5_K>(blocks, count, wide);
}
void widenQ6_K(const std::uint8_t* blocks, std::int64_t count, float* wide)
{
    widenBlocksOf<Q6_K>(blocks, count, wide);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(dotQ4_0);
HWY_EXPORT(dotQ4_1);
HWY_EXPORT(dotQ5_0);
HWY_EXPORT(dotQ5_1);
HWY_EXPORT(dotQ8_0);
HWY_EXPORT(dotQ4_K);
HWY_EXPORT(dotQ5_K);
HWY_EXPORT(dotQ6_K);
HWY_EXPORT(widenQ4_0);
HWY_EXPORT(widenQ4_1);
HWY_EXPORT(widenQ5_0);
HWY_EXPORT(widenQ5_1);
HWY_EXPORT(widenQ8_0);
HWY_EXPORT(widenQ4_K);
HWY_EXPORT(widenQ5_K);
HWY_EXPORT(widenQ6_K);

BlockKernels skinnyBlocks(const BlockFormat& format)
{
    const std::string_view name = format.name;
    if (name == "Q4_0")
        return {&HWY_DYNAMIC_DISPATCH(dotQ4_0), &HWY_DYNAMIC_DISPATCH(widenQ4_0)};
    if (name == "Q4_1")
        return {&HWY_DYNAMIC_DISPATCH(dotQ4_1), &HWY_DYNAMIC_DISPATCH(widenQ4_1)};
    if (name == "Q5_0")
        return {&HWY_DYNAMIC_DISPATCH(dotQ5_0), &HWY_DYNAMIC_DISPATCH(widenQ5_0)};
    if (name == "Q5_1")
        return {&HWY_DYNAMIC_DISPATCH(dotQ5_1), &HWY_DYNAMIC_DISPATCH(widenQ5_1)};
    if (name == "Q8_0")
        return {&HWY_DYNAMIC_DISPATCH(dotQ8_0), &HWY_DYNAMIC_DISPATCH(widenQ8_0)};
    if (name == "Q4_K")
        return {&HWY_DYNAMIC_DISPATCH(dotQ4_K), &HWY_DYNAMIC_DISPATCH(widenQ4_K)};
    if (name == "Q5_K")
        return {&HWY_DYNAMIC_DISPATCH(dotQ5_K), &HWY_DYNAMIC_DISPATCH(widenQ5_K)};
    if (name == "Q6_K")
        return {&HWY_DYNAMIC_DISPATCH(dotQ6_K), &HWY_DYNAMIC_DISPATCH(widenQ6_K)};
    return {};
}

} // namespace core
#endif
