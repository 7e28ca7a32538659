#include "core/model/norm.h"

#include <ATen/ATen.h>

namespace core {

at::Tensor applyNorm(const Norm& norm, const ModelConfig& config, const at::Tensor& x,
    const Hooks& hooks, const NormHookPoints& points)
{
    const bool isLayerNorm = config.norm == NormKind::LayerNorm;
    const bool isInsideWanted = hooks.wants(points.scale) || hooks.wants(points.normalized);
    if (isLayerNorm && !isInsideWanted)
        return at::layer_norm(x, {x.size(-1)}, norm.gain, norm.bias, config.normEps);

    const at::Tensor centred = isLayerNorm ? x - x.mean(-1, true) : x;
    // The 2-norm is one pass without a temporary of x's size.
    const at::Tensor length = at::linalg_vector_norm(centred, 2, at::IntArrayRef{-1}, true);
    at::Tensor scale = (length.square() / static_cast<double>(x.size(-1)) + config.normEps).sqrt();
    hooks.visit(points.scale, scale);
    at::Tensor normalized = centred / scale;
    hooks.visit(points.normalized, normalized);
    const at::Tensor out = normalized * norm.gain;
    return norm.bias.defined() ? out + norm.bias : out;
}

} // namespace core
