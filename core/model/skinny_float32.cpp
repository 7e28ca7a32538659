#include "core/model/skinny_job.h"
#include "core/model/skinny_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/skinny_float32.cpp"
#include <hwy/foreach_target.h>

#include "core/model/skinny_kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

void outInFloat32(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<float, false>(job, part);
}
void inOutFloat32(const SkinnyJob& job, const SkinnyPart& part)
{
    runPart<float, true>(job, part);
}
void widenFloat32(
    const SkinnyJob& job, std::int64_t row, std::int64_t from, std::int64_t count, float* wide)
{
    widenRow<float>(job, row, from, count, wide);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(outInFloat32);
HWY_EXPORT(inOutFloat32);
HWY_EXPORT(widenFloat32);

SkinnyKernels skinnyFloat32()
{
    return {&HWY_DYNAMIC_DISPATCH(outInFloat32), &HWY_DYNAMIC_DISPATCH(inOutFloat32),
        &HWY_DYNAMIC_DISPATCH(widenFloat32)};
}

} // namespace core
#endif
