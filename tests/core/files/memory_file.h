#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace tests {

/// A file without a place on disk, for tests that write the same file thousands of times.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view bytes)
        : m_descriptor(::memfd_create("featurescope-test", MFD_CLOEXEC))
    {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t count = ::write(m_descriptor, bytes.data() + done, bytes.size() - done);
            if (count <= 0)
                std::abort();
            done += static_cast<std::size_t>(count);
        }
    }
    ~MemoryFile() { ::close(m_descriptor); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(m_descriptor); }

private:
    int m_descriptor;
};

} // namespace tests
