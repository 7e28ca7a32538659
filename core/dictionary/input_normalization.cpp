#include "core/dictionary/input_normalization.h"

#include <cmath>

#include <ATen/ATen.h>

namespace core {

namespace {

constexpr double kLayerNormEps = 1e-5; // added to the deviation itself, not to its square

at::Tensor deviation(const at::Tensor& x)
{
    return x.std(-1, /*unbiased=*/true, /*keepdim=*/true);
}

at::Tensor rescaling(const at::Tensor& x)
{
    return std::sqrt(static_cast<double>(x.size(-1))) / at::norm(x, 2, -1, /*keepdim=*/true);
}

} // namespace

at::Tensor normalizeInput(const at::Tensor& x, InputNormalization kind)
{
    switch (kind) {
    case InputNormalization::None:
        return x;
    case InputNormalization::LayerNorm:
        return (x - x.mean(-1, true)) / (deviation(x) + kLayerNormEps);
    case InputNormalization::ConstantNormRescale:
        return x * rescaling(x);
    }
    return x;
}

at::Tensor normalizationScale(const at::Tensor& x, InputNormalization kind)
{
    switch (kind) {
    case InputNormalization::LayerNorm:
        return deviation(x);
    case InputNormalization::ConstantNormRescale:
        return rescaling(x).reciprocal();
    case InputNormalization::None:
        break;
    }
    std::vector<std::int64_t> shape = x.sizes().vec();
    shape.back() = 1;
    return at::ones(shape, x.options());
}

at::Tensor undoNormalization(const at::Tensor& y, const at::Tensor& x, InputNormalization kind)
{
    switch (kind) {
    case InputNormalization::None:
        return y;
    case InputNormalization::LayerNorm:
        return y * deviation(x) + x.mean(-1, true);
    case InputNormalization::ConstantNormRescale:
        return y / rescaling(x);
    }
    return y;
}

} // namespace core
