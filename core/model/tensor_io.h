#pragma once

#include "core/base/result.h"
#include "core/files/safetensors.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// A float tensor for a stored one: a view of the map where it is aligned float32 (the map lives as
/// long as the tensor), otherwise a float32 copy. Integer types keep their type.
Result<at::Tensor> toTensor(const TensorView& view, const std::shared_ptr<const MappedFile>& file);

/// Writes tensors (float32, float16, bfloat16, int64, uint8) to a safetensors file, atomically.
Result<void> saveTensors(const std::filesystem::path& path,
    const std::vector<std::pair<std::string, at::Tensor>>& tensors,
    const std::map<std::string, std::string>& metadata = {});
/// Reads every tensor of a file.
Result<std::map<std::string, at::Tensor>> loadTensors(const std::filesystem::path& path);

} // namespace core
