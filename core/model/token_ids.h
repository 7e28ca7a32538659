#pragma once

#include "core/base/ids.h"

#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// int64 [1, T], as the model takes it.
at::Tensor idsTensor(const std::vector<TokenId>& ids);

/// int64 [n, T] of n texts of one length.
at::Tensor idsTensor(const std::vector<std::vector<TokenId>>& texts);

} // namespace core
