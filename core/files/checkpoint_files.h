#pragma once

#include "core/base/result.h"
#include "core/files/safetensors.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The weights of a model folder, in one safetensors file or in shards named by an index
/// (FORMATS.md section 1.2). Every name of the index is known to lie in its shard once this is
/// open. Immutable.
class CheckpointFiles {
public:
    /// `path` is a folder, a `.safetensors` file or a `.safetensors.index.json`.
    static Result<std::shared_ptr<const CheckpointFiles>> open(const std::filesystem::path& path);

    const TensorView* find(std::string_view name) const; ///< Null when absent.
    std::vector<std::string> names() const; ///< In alphabetical order.
    std::size_t totalBytes() const; ///< Of all named tensors.
    const std::vector<std::shared_ptr<const SafetensorsFile>>& shards() const { return m_shards; }

private:
    static Result<std::shared_ptr<const CheckpointFiles>> openIndex(
        const std::filesystem::path& path);
    static Result<std::shared_ptr<const CheckpointFiles>> openSingle(
        const std::filesystem::path& path);

    std::vector<std::shared_ptr<const SafetensorsFile>> m_shards;
    std::map<std::string, const TensorView*, std::less<>> m_tensors;
};

} // namespace core
