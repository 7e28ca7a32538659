#include "core/model/rotary.h"

#include <algorithm>
#include <numbers>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

at::Tensor inverseFrequencies(const RotaryConfig& config, std::int64_t dims)
{
    // In float32 throughout, as the reference does: at position 1000 an angle would differ by 6e-5
    // otherwise.
    const at::Tensor exponent
        = at::arange(0, dims, 2, at::kLong).to(at::kFloat) / static_cast<double>(dims);
    at::Tensor inverse = at::pow(at::Scalar(config.theta), exponent).reciprocal();
    if (!config.factors.empty())
        inverse = inverse / at::tensor(config.factors, at::kFloat);
    if (config.scaling == RotaryConfig::Scaling::None)
        return inverse;
    const at::Tensor slow = inverse / config.factor;
    if (config.scaling == RotaryConfig::Scaling::Linear)
        return slow;
    // Llama 3: long waves are slowed down, short ones kept, those between blended.
    const auto old = static_cast<double>(config.originalContext);
    const at::Tensor wavelength = (2.0 * std::numbers::pi) / inverse;
    const at::Tensor share = (old / wavelength - config.lowFreqFactor)
        / (config.highFreqFactor - config.lowFreqFactor);
    const at::Tensor blended = (1.0 - share) * slow + share * inverse;
    const at::Tensor isShort = wavelength < old / config.highFreqFactor;
    const at::Tensor isLong = wavelength > old / config.lowFreqFactor;
    return at::where(isLong, slow, at::where(isShort, inverse, blended));
}

Rotary::Rotary(const RotaryConfig& config, std::int64_t dims)
{
    const c10::InferenceMode noInference(false);
    m_inverse = inverseFrequencies(config, dims);
}

void Rotary::grow(std::int64_t positions, const at::Tensor& like) const
{
    const bool fits = m_cos.defined() && m_cos.size(0) >= positions
        && m_cos.scalar_type() == like.scalar_type() && m_cos.device() == like.device();
    if (fits)
        return;
    // Kept between runs, some of which take gradients: not inference tensors.
    const c10::InferenceMode noInference(false);
    const at::NoGradGuard noGrad;
    constexpr std::int64_t kStep = 512;
    const std::int64_t rows = (positions + kStep - 1) / kStep * kStep;
    const at::Tensor angle
        = at::outer(at::arange(rows, at::kLong).to(at::kFloat), m_inverse).unsqueeze(1);
    m_cos = angle.cos().to(like.options());
    m_sin = angle.sin().to(like.options());
}

at::Tensor Rotary::rotate(const at::Tensor& x, std::int64_t start) const
{
    const std::int64_t T = x.size(1);
    const std::int64_t half = m_inverse.size(0);
    grow(start + T, x);
    const at::Tensor cos = m_cos.narrow(0, start, T);
    const at::Tensor sin = m_sin.narrow(0, start, T);
    const at::Tensor first = x.narrow(3, 0, half);
    const at::Tensor second = x.narrow(3, half, half);
    std::vector<at::Tensor> parts{
        at::addcmul(first * cos, second, sin, -1), at::addcmul(second * cos, first, sin)};
    if (x.size(3) > 2 * half)
        parts.push_back(x.narrow(3, 2 * half, x.size(3) - 2 * half));
    return at::cat(parts, 3);
}

} // namespace core
