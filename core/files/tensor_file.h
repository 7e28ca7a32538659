#pragma once

#include "core/base/result.h"
#include "core/files/safetensors.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// The named arrays of one file, whichever container holds them: safetensors, GGUF, npz, npy, or
/// what torch.save wrote (docs/formats.md section 1).
///
/// Chosen by content, not by the file's name. Checked whole when opened; no code of a pickle ever
/// runs. Arrays are row-major: they stay in the map where they lie so, others (compressed, column
/// order, views with strides) are copied into memory of this object. Immutable.
class TensorFile {
public:
    static Result<std::shared_ptr<const TensorFile>> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_path; }
    /// "safetensors", "gguf", "npz", "npy", "torch".
    std::string_view container() const { return m_container; }
    /// Names are keys; those of nested dictionaries and lists are joined by dots
    /// ("state_dict.W_enc", "group.0"). The one array of an npy file, or of a torch file that holds
    /// just a tensor, is called "array".
    const std::vector<TensorView>& tensors() const { return m_tensors; }
    const TensorView* find(std::string_view name) const; ///< Null when absent.
    /// What the bytes of the tensors live in.
    const std::shared_ptr<const void>& owner() const { return m_owner; }
    /// The plain values beside the tensors (numbers, strings, lists, dictionaries; torch files), or
    /// the metadata of safetensors. An object; tensors are left out.
    const nlohmann::json& values() const { return *m_values; }

private:
    std::filesystem::path m_path;
    std::string m_container;
    std::vector<TensorView> m_tensors;
    std::map<std::string, std::size_t, std::less<>> m_index;
    std::shared_ptr<const void> m_owner;
    std::shared_ptr<const nlohmann::json> m_values;
};

} // namespace core
