#pragma once

#include "core/base/result.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

namespace core {

/// The workspace in use, one connection per thread. `use` may be called from any thread; each
/// thread's connection is opened, or opened again, when that thread next asks for it.
class WorkspaceAccess {
public:
    enum class Thread : std::uint8_t { Engine, Reader };

    void use(std::filesystem::path path);
    std::filesystem::path path() const;

    Result<WorkspaceReader*> reader(Thread thread); ///< Called on that thread alone.
    Result<WorkspaceWriter*> writer(); ///< Writer thread alone.
    void interruptReader(); ///< From any thread: what the reader thread runs answers Cancelled.

private:
    struct Connection {
        std::unique_ptr<WorkspaceReader> reader;
        std::uint64_t generation = 0;
    };

    mutable std::mutex m_mutex;
    std::filesystem::path m_path;
    std::uint64_t m_generation = 0;
    std::array<Connection, 2> m_readers;
    std::unique_ptr<WorkspaceWriter> m_writer;
    std::uint64_t m_writerGeneration = 0;
};

} // namespace core
