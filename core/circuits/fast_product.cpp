#include "core/circuits/fast_product.h"

#include <ATen/ATen.h>

namespace core {

at::Tensor forProducts(const at::Tensor& weight)
{
    constexpr std::int64_t kLeastWidth = 256, kLeastRows = 16;
    const bool isForOneDnn = weight.is_cpu() && weight.scalar_type() == at::kFloat
        && at::hasMKLDNN() && weight.size(0) >= kLeastRows && weight.size(1) >= kLeastWidth;
    return isForOneDnn ? weight.contiguous().to_mkldnn() : weight;
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight)
{
    return weight.is_mkldnn() ? at::mkldnn_linear(x.contiguous().to_mkldnn(), weight).to_dense()
                              : at::mm(x, weight.t());
}

} // namespace core
