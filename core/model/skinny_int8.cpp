#include "core/model/skinny_job.h"
#include "core/model/skinny_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_int8.cpp"
#include <hwy/foreach_target.h>

#include "core/model/skinny_kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

void outInInt8(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<std::int8_t, false>(job, part);
}
void inOutInt8(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<std::int8_t, true>(job, part);
}
void widenInt8(
    const SkinnyJob& job, std::int64_t row, std::int64_t from, std::int64_t count, float* wide)
{
    widenRow<std::int8_t>(job, row, from, count, wide);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(outInInt8);
HWY_EXPORT(inOutInt8);
HWY_EXPORT(widenInt8);

SkinnyKernels skinnyInt8()
{
    return {&HWY_DYNAMIC_DISPATCH(outInInt8), &HWY_DYNAMIC_DISPATCH(inOutInt8),
        &HWY_DYNAMIC_DISPATCH(widenInt8)};
}

} // namespace core
#endif
