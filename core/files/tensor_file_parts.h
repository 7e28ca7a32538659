#pragma once

#include "core/files/array_memory.h"
#include "core/files/safetensors.h"

#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

namespace core {

class ZipArchive;

/// What the reader of one container hands to TensorFile.
struct TensorFileParts {
    std::vector<TensorView> tensors;
    std::shared_ptr<const void> owner;
    nlohmann::json values = nlohmann::json::object();
};

Result<TensorFileParts> readNpyFile(const std::shared_ptr<const MappedFile>& file);
Result<TensorFileParts> readNpzFile(
    const std::shared_ptr<const MappedFile>& file, const ZipArchive& archive);

/// True for an archive with the members that torch.save writes.
bool isTorchArchive(const ZipArchive& archive);
Result<TensorFileParts> readTorchArchive(
    const std::shared_ptr<const MappedFile>& file, const ZipArchive& archive);
/// The stream of pickles that torch wrote before version 1.6.
Result<TensorFileParts> readTorchStream(const std::shared_ptr<const MappedFile>& file);

} // namespace core
