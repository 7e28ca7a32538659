#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace core {

/// A file mapped read-only into memory; pages come in when touched. Lives as long as anything holds
/// it.
class MappedFile {
public:
    enum class Emptiness : std::uint8_t { IsRefused, IsAllowed };
    /// What can be wrong with the path is said in the sentences of core/base/text_file.h.
    static Result<std::shared_ptr<const MappedFile>> open(
        const std::filesystem::path& path, Emptiness emptiness = Emptiness::IsRefused);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {m_data, m_size}; }
    const std::filesystem::path& path() const { return m_path; }

private:
    MappedFile() = default;

    std::filesystem::path m_path;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace core
