#pragma once

#include "core/files/pickle_value.h"
#include "core/files/tensor_file_parts.h"

#include <functional>
#include <span>

namespace core {

/// The whole bytes of a storage; throws a PickleProblem where it has not those it should.
using StorageBytes = std::function<std::span<const std::byte>(const PickleStorage&)>;

/// The tensors below an object under dotted names, row by row, and its plain values as JSON.
/// Objects that contain themselves, or unfold to far more than the file holds, are refused. Throws
/// PickleProblem.
Result<TensorFileParts> flattenPickle(
    const PickleNode& object, const StorageBytes& bytesOf, std::shared_ptr<ArrayMemory> memory);

} // namespace core
