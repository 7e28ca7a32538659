#pragma once

#include "core/base/result.h"
#include "core/files/array_memory.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct ZipMember {
    std::string name; ///< UTF-8.
    std::uint64_t index = 0;
    std::uint64_t size = 0; ///< Unpacked.
    bool isStored = true; ///< Lies in the file as it is.
};

/// The members of a zip archive over a mapped file, as its central directory lists them. Packed
/// data are bounded by what the format can hold in the file's own size.
class ZipArchive {
public:
    static Result<std::unique_ptr<ZipArchive>> open(const std::shared_ptr<const MappedFile>& file);
    ~ZipArchive();
    ZipArchive(const ZipArchive&) = delete;
    ZipArchive& operator=(const ZipArchive&) = delete;

    const std::vector<ZipMember>& members() const { return m_members; } ///< Without folders.
    const ZipMember* find(std::string_view name) const; ///< Null when absent.

    /// A stored member where it lies in the map, its checksum not looked at.
    Result<std::span<const std::byte>> inMap(const ZipMember& member) const;
    /// Unpacks to `target`, which has the member's size, or only checks when it is empty. The
    /// checksum is verified.
    Result<void> unpack(const ZipMember& member, std::span<std::byte> target) const;

private:
    struct Source;
    ZipArchive() = default;
    Result<void> readDirectory();

    std::unique_ptr<Source> m_source;
    std::vector<ZipMember> m_members;
    std::map<std::string, std::size_t, std::less<>> m_index;
};

/// Whether the bytes begin like a zip archive.
bool looksLikeZip(std::span<const std::byte> bytes);

} // namespace core
