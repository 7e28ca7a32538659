#pragma once

#include "core/base/result.h"
#include "core/files/mapped_file.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Element types of the safetensors format that this program reads or names in a refusal.
enum class DType : std::uint8_t {
    F32,
    F64,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U8,
    U16,
    U32,
    U64,
    Bool,
    Other
};

std::string_view dtypeName(DType dtype); ///< "F32", "BF16".
std::size_t dtypeBytes(DType dtype); ///< 0 for Other.

/// One tensor inside a mapped file. `bytes` may be unaligned.
struct TensorView {
    std::string name;
    DType dtype = DType::Other;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
    std::string_view otherType{}; ///< What the file calls a type that is DType::Other.

    std::string_view typeName() const ///< "F32", "F8_E4M3".
    {
        return dtype == DType::Other && !otherType.empty() ? otherType : dtypeName(dtype);
    }
};

/// A safetensors file, checked whole when opened as docs/formats.md section 1.1 says; tensors stay
/// in the map.
class SafetensorsFile {
public:
    static Result<std::shared_ptr<const SafetensorsFile>> open(const std::filesystem::path& path);

    const std::vector<TensorView>& tensors() const { return m_tensors; }
    const TensorView* find(std::string_view name) const; ///< Null when absent.
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    const std::shared_ptr<const MappedFile>& file() const { return m_file; }

private:
    std::shared_ptr<const MappedFile> m_file;
    std::vector<TensorView> m_tensors;
    std::map<std::string, std::size_t, std::less<>> m_index;
    std::map<std::string, std::string> m_metadata;
};

/// Writes tensors in the reference writer's order to a temporary beside `path`, then renames it.
Result<void> writeSafetensors(const std::filesystem::path& path,
    const std::vector<TensorView>& tensors,
    const std::map<std::string, std::string>& metadata = {});

} // namespace core
