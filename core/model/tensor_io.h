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

/// A float tensor for a stored one: a view of its bytes where they are aligned float32 (`owner`
/// lives as long as the tensor), otherwise a float32 copy. Integer types keep their type.
Result<at::Tensor> toTensor(const TensorView& view, const std::shared_ptr<const void>& owner);
/// The same, but float16 and bfloat16 stay as they are stored.
Result<at::Tensor> toStoredTensor(const TensorView& view, const std::shared_ptr<const void>& owner);
/// Lets go of pages of a mapped file that were read once, so that converting a file never needs
/// both of its forms in memory; they come back from the file if anyone reads them again. Only for
/// bytes that do lie in a mapped file.
void releasePages(const TensorView& view);

/// Writes tensors (float32, float16, bfloat16, int64, uint8) to a safetensors file, atomically.
Result<void> saveTensors(const std::filesystem::path& path,
    const std::vector<std::pair<std::string, at::Tensor>>& tensors,
    const std::map<std::string, std::string>& metadata = {});
/// Reads every tensor of a file.
Result<std::map<std::string, at::Tensor>> loadTensors(const std::filesystem::path& path);

} // namespace core
