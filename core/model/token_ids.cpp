#include "core/model/token_ids.h"

#include <ATen/ATen.h>

namespace core {

at::Tensor idsTensor(const std::vector<TokenId>& ids)
{
    at::Tensor tensor = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
    auto* out = tensor.data_ptr<std::int64_t>();
    for (const TokenId id : ids)
        *out++ = id.value;
    return tensor;
}

} // namespace core
