#pragma once

#include "core/base/result.h"
#include "core/files/tensor_file.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The weights of a model folder, in one file or in shards named by an index (docs/formats.md
/// section 1.2); safetensors before what torch.save wrote. Or those
/// of a GGUF model, under its own names. Every name of the index is known to lie
/// in its shard once this is open. Immutable.
class CheckpointFiles {
public:
    /// `path` is a folder, one file of weights, any file of a split GGUF model or an index
    /// (`*.index.json`).
    static Result<std::shared_ptr<const CheckpointFiles>> open(const std::filesystem::path& path);

    const TensorView* find(std::string_view name) const; ///< Null when absent.
    /// The file that holds a tensor, null when absent. `owner()` of it keeps the tensor's bytes.
    std::shared_ptr<const TensorFile> fileOf(std::string_view name) const;
    std::vector<std::string> names() const; ///< In alphabetical order.
    std::size_t totalBytes() const; ///< Of all named tensors.
    const std::vector<std::shared_ptr<const TensorFile>>& shards() const { return m_shards; }

private:
    static Result<std::shared_ptr<const CheckpointFiles>> openIndex(
        const std::filesystem::path& path);
    static Result<std::shared_ptr<const CheckpointFiles>> openSingle(
        const std::filesystem::path& path);
    static Result<std::shared_ptr<const CheckpointFiles>> openGguf(
        const std::filesystem::path& path);

    struct Place {
        const TensorView* view = nullptr;
        std::shared_ptr<const TensorFile> file;
    };
    std::vector<std::shared_ptr<const TensorFile>> m_shards;
    std::map<std::string, Place, std::less<>> m_tensors;
};

} // namespace core
