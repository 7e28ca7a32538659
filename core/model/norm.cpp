#include "core/model/norm.h"

#include <ATen/ATen.h>

namespace core {

namespace {

/// 16-bit values are computed with in float32.
at::ScalarType wideType(const at::Tensor& x)
{
    const at::ScalarType type = x.scalar_type();
    return type == at::kHalf || type == at::kBFloat16 ? at::kFloat : type;
}

at::Tensor centred(const at::Tensor& x, const ModelConfig& config)
{
    return config.norm == NormKind::LayerNorm ? x - x.mean(-1, true) : x;
}

at::Tensor scaleOf(const at::Tensor& centred, const ModelConfig& config)
{
    // The 2-norm is one pass without a temporary of x's size.
    const at::Tensor length = at::linalg_vector_norm(centred, 2, at::IntArrayRef{-1}, true);
    const auto width = static_cast<double>(centred.size(-1));
    return (length.square() / width + config.normEps).sqrt();
}

/// Gemma multiplies before it goes back to the model's type, the others after; the same in float32.
at::Tensor withGain(
    const at::Tensor& normalized, const Norm& norm, const ModelConfig& config, at::ScalarType type)
{
    if (config.storesGainMinusOne)
        return (normalized * norm.gain.to(normalized.scalar_type())).to(type);
    const at::Tensor out = normalized.to(type) * norm.gain.to(type);
    return norm.bias.defined() ? out + norm.bias.to(type) : out;
}

} // namespace

at::Tensor applyNorm(const Norm& norm, const ModelConfig& config, const at::Tensor& x,
    const Hooks& hooks, const NormHookPoints& points)
{
    const bool isLayerNorm = config.norm == NormKind::LayerNorm;
    const bool isInsideWanted = hooks.wants(points.scale) || hooks.wants(points.normalized);
    const at::ScalarType type = wideType(x);
    const at::Tensor wide = x.to(type);
    if (isLayerNorm && !isInsideWanted)
        return at::layer_norm(
            wide, {x.size(-1)}, norm.gain.to(type), norm.bias.to(type), config.normEps)
            .to(x.scalar_type());

    const at::Tensor middle = centred(wide, config);
    at::Tensor scale = scaleOf(middle, config);
    hooks.visit(points.scale, scale);
    at::Tensor normalized = middle / scale;
    if (!isLayerNorm)
        hooks.visit(points.normalized, normalized);
    at::Tensor out = withGain(normalized, norm, config, x.scalar_type());
    if (isLayerNorm)
        hooks.visit(points.normalized, out);
    return out;
}

at::Tensor applyNorm(const Norm& norm, const ModelConfig& config, const at::Tensor& x)
{
    const at::Tensor middle = centred(x.to(wideType(x)), config);
    return withGain(middle / scaleOf(middle, config), norm, config, x.scalar_type());
}

} // namespace core
