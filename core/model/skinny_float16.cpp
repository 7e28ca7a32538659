#include "core/model/skinny_job.h"
#include "core/model/skinny_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_float16.cpp"
#include <hwy/foreach_target.h>

#include "core/model/skinny_kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

void outInFloat16(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<hwy::float16_t, false>(job, part);
}
void inOutFloat16(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<hwy::float16_t, true>(job, part);
}
void widenFloat16(
    const SkinnyJob& job, std::int64_t row, std::int64_t from, std::int64_t count, float* wide)
{
    widenRow<hwy::float16_t>(job, row, from, count, wide);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(outInFloat16);
HWY_EXPORT(inOutFloat16);
HWY_EXPORT(widenFloat16);

SkinnyKernels skinnyFloat16()
{
    return {&HWY_DYNAMIC_DISPATCH(outInFloat16), &HWY_DYNAMIC_DISPATCH(inOutFloat16),
        &HWY_DYNAMIC_DISPATCH(widenFloat16)};
}

} // namespace core
#endif
