#include "core/model/skinny_job.h"
#include "core/model/skinny_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_bfloat16.cpp"
#include <hwy/foreach_target.h>

#include "core/model/skinny_kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

void outInBFloat16(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<hwy::bfloat16_t, false>(job, part);
}
void inOutBFloat16(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<hwy::bfloat16_t, true>(job, part);
}
void widenBFloat16(
    const SkinnyJob& job, std::int64_t row, std::int64_t from, std::int64_t count, float* wide)
{
    widenRow<hwy::bfloat16_t>(job, row, from, count, wide);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(outInBFloat16);
HWY_EXPORT(inOutBFloat16);
HWY_EXPORT(widenBFloat16);

SkinnyKernels skinnyBFloat16()
{
    return {&HWY_DYNAMIC_DISPATCH(outInBFloat16), &HWY_DYNAMIC_DISPATCH(inOutBFloat16),
        &HWY_DYNAMIC_DISPATCH(widenBFloat16)};
}

} // namespace core
#endif
