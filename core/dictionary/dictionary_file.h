#pragma once

#include "core/dictionary/dictionary.h"
#include "core/files/safetensors.h"

#include <optional>

namespace core {

/// "saes/layer_2": the last two parts of a path.
std::string dictionaryName(const std::filesystem::path& path);

/// Dictionary tensors of one safetensors file, asked for by name and shape. Remembers the first
/// problem, so that a reader can be written straight down and checked once; every message names the
/// file and the tensor.
class WeightReader {
public:
    static Result<WeightReader> open(const std::filesystem::path& path, std::string sizesFrom);

    bool has(std::string_view name) const { return m_file->find(name) != nullptr; }
    /// Shape as stored, empty when absent.
    std::vector<std::int64_t> shape(std::string_view name) const;
    /// Undefined (and a problem) where the tensor is missing, has another shape or is not of
    /// floating point.
    at::Tensor read(std::string_view name, const std::vector<std::int64_t>& shape);
    /// "float32", "float16", "bfloat16" as stored.
    std::string dtype(std::string_view name) const;
    Result<void> check() const;

private:
    WeightReader() = default;

    std::shared_ptr<const SafetensorsFile> m_file;
    std::filesystem::path m_path;
    std::string m_sizesFrom; // the file the expected sizes come from
    std::optional<Error> m_error;
};

} // namespace core
