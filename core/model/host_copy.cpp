#include "core/model/host_copy.h"

#include <ATen/ATen.h>

namespace core {

std::vector<at::Tensor> toHost(const std::vector<at::Tensor>& values)
{
    std::vector<at::Tensor> out(values.size()), parts;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!values[i].defined())
            continue;
        if (values[i].is_cpu())
            out[i] = values[i].to(at::kFloat).contiguous();
        else
            parts.push_back(values[i].to(at::kFloat).reshape({-1}));
    }
    if (parts.empty())
        return out;
    const at::Tensor all
        = (parts.size() == 1 ? parts.front() : at::cat(parts)).contiguous().to(at::kCPU);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!values[i].defined() || out[i].defined())
            continue;
        out[i] = all.narrow(0, first, values[i].numel()).view(values[i].sizes());
        first += values[i].numel();
    }
    return out;
}

at::Tensor widened(const at::Tensor& value)
{
    const at::ScalarType type = value.scalar_type();
    return type == at::kHalf || type == at::kBFloat16 ? value.to(at::kFloat) : value;
}

} // namespace core
