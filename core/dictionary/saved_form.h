#pragma once

#include "core/base/result.h"
#include "core/model/hook_point.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

/// What the writers of dictionaries share.
namespace core {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Of "float32", "float16" or "bfloat16"; others are refused by name.
Result<at::ScalarType> savedType(const std::string& dtype);
at::Tensor savedTensor(const at::Tensor& tensor, at::ScalarType type);
/// A hook of a block without "blocks.N.", as circuit-tracer's configurations name it.
std::string hookInItsBlock(const HookPoint& hook);
Result<void> makeSavedFolder(const std::filesystem::path& folder);

} // namespace core
