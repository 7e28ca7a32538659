#pragma once

#include "core/base/result.h"
#include "core/files/safetensors.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace core {

/// A list of GGUF's metadata. Texts and numbers stay in the map.
struct GgufList {
    std::size_t count = 0;
    bool isOfTexts = false;
    std::vector<std::string_view> texts; ///< Any bytes; empty for numbers.

    /// Entry `index` of a list of numbers (true counts as 1); texts and lists have none.
    std::optional<double> number(std::size_t index) const;

    std::uint32_t type = 0; ///< GGUF's number for the entries' type.
    std::span<const std::byte> bytes; ///< Of numbers, one behind the other.
};

/// A value of GGUF's metadata: a whole number, a real one, yes or no, a text or a list.
using GgufValue
    = std::variant<std::int64_t, std::uint64_t, double, bool, std::string_view, GgufList>;

/// A GGUF file of version 2 or 3, checked whole when opened as docs/formats.md section 1.5 says;
/// texts, lists and tensors stay in the map. Immutable.
///
/// Tensors keep GGUF's names, but their shapes are row-major as everywhere here, rows last.
/// Blocks have DType::Other and their format's name as typeName() (core/files/gguf_blocks.h).
class GgufFile {
public:
    static Result<std::shared_ptr<const GgufFile>> open(const std::filesystem::path& path);
    /// Begins with GGUF's mark; or is called *.gguf, so that a damaged one is read as what it was.
    static bool isGguf(const std::filesystem::path& path);

    const std::filesystem::path& path() const;
    const std::vector<TensorView>& tensors() const { return m_tensors; }
    const TensorView* find(std::string_view name) const; ///< Null when absent.
    const std::shared_ptr<const MappedFile>& file() const { return m_file; }

    const std::map<std::string, GgufValue, std::less<>>& metadata() const { return m_metadata; }
    const GgufValue* value(std::string_view key) const; ///< Null when absent.
    /// Values of the type that is asked for; nothing when absent. A value of another type is an
    /// error that names file and key.
    Result<std::optional<std::string>> text(std::string_view key) const;
    Result<std::optional<std::int64_t>> whole(std::string_view key) const;
    Result<std::optional<double>> number(std::string_view key) const; ///< Whole ones too.
    Result<std::optional<bool>> truth(std::string_view key) const;
    Result<const GgufList*> list(std::string_view key) const; ///< Null when absent.

    /// The mistake in what `key` says, with the file's name before and what to do behind.
    tl::unexpected<Error> invalid(std::string_view key, const std::string& problem) const;

private:
    friend class GgufReader;

    std::shared_ptr<const MappedFile> m_file;
    std::map<std::string, GgufValue, std::less<>> m_metadata;
    std::vector<TensorView> m_tensors;
    std::map<std::string, std::size_t, std::less<>> m_index;
};

} // namespace core
