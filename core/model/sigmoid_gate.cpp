#include "core/model/sigmoid_gate.h"

#include "core/model/linear.h"
#include "core/model/skinny_targets.h"
#include "core/model/thread_choice.h"
#include "core/model/worker_pool.h"

#include <algorithm>
#include <cstdint>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/model/sigmoid_gate.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace core::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// x sigmoid(linear x + cubic x^3)
void gateNumbers(const float* x, float* out, std::int64_t count, float linear, float cubic)
{
    const hn::ScalableTag<float> d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const auto minusLinear = hn::Set(d, -linear), minusCubic = hn::Set(d, -cubic);
    const auto one = hn::Set(d, 1.0f);
    const auto most = hn::Set(d, 88.0f); // Its exponential is float32's largest but for little.
    const auto least = hn::Set(d, -88.0f);
    const auto gate = [&](auto value) {
        const auto square = hn::Min(hn::Mul(value, value), hn::Set(d, 1e30f)); // never infinite
        const auto inner = hn::MulAdd(minusCubic, square, minusLinear);
        const auto shrink = hn::Exp(d, hn::Max(hn::Min(hn::Mul(inner, value), most), least));
        return hn::Div(value, hn::Add(one, shrink));
    };
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        hn::StoreU(gate(hn::LoadU(d, x + i)), d, out + i);
    if (i == count)
        return;
    HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)] = {};
    std::copy(x + i, x + count, rest);
    hn::Store(gate(hn::Load(d, rest)), d, rest);
    std::copy_n(rest, count - i, out + i);
}

} // namespace core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace core {

HWY_EXPORT(gateNumbers);

bool canGateBySigmoid(MlpActivation activation, const at::Tensor& x)
{
    const bool wantsGradient = at::GradMode::is_enabled() && x.requires_grad();
    return (activation == MlpActivation::GeluNew || activation == MlpActivation::Silu)
        && !ReferenceScope::isActive() && x.device().is_cpu() && x.scalar_type() == at::kFloat
        && x.is_contiguous() && !wantsGradient;
}

void gateBySigmoid(MlpActivation activation, const at::Tensor& x, at::Tensor& out)
{
    // 2 sqrt(2 / pi), and 0.044715 times that (Hendrycks and Gimpel 2016, section 2).
    constexpr float kTwiceRoot = 1.5957691216f;
    const bool isGelu = activation == MlpActivation::GeluNew;
    const float linear = isGelu ? kTwiceRoot : 1.0f;
    const float cubic = isGelu ? kTwiceRoot * 0.044715f : 0.0f;
    const float* const from = x.data_ptr<float>();
    float* const to = out.data_ptr<float>();
    constexpr std::int64_t kPiece = 1 << 15; // Some twenty microseconds.
    const std::int64_t count = x.numel();
    WorkerPool::shared().run((count + kPiece - 1) / kPiece, poolThreads(), [&](std::int64_t piece) {
        const std::int64_t begin = piece * kPiece;
        HWY_DYNAMIC_DISPATCH(gateNumbers)
        (from + begin, to + begin, std::min(kPiece, count - begin), linear, cubic);
    });
}

} // namespace core
#endif
