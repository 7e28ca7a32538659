#include "core/model/token_ids.h"

#include <ATen/ATen.h>

namespace core {

at::Tensor idsTensor(const std::vector<TokenId>& ids)
{
    return idsTensor(std::vector<std::vector<TokenId>>{ids});
}

at::Tensor idsTensor(const std::vector<std::vector<TokenId>>& texts)
{
    at::Tensor tensor = at::empty({std::ssize(texts), std::ssize(texts.front())}, at::kLong);
    auto* out = tensor.data_ptr<std::int64_t>();
    for (const std::vector<TokenId>& ids : texts)
        for (const TokenId id : ids)
            *out++ = id.value;
    return tensor;
}

} // namespace core
