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

/// A reader and a writer of a workspace file for work of seconds to hours, for which labels and
/// lists must not wait. The file must exist.
struct OwnConnections {
    std::unique_ptr<WorkspaceReader> reader;
    std::unique_ptr<WorkspaceWriter> writer;

    static Result<OwnConnections> open(const std::filesystem::path& path);
};

/// The workspace in use, one connection per thread. `use` may be called from any thread; each
/// thread's connection is opened, or opened again, when that thread next asks for it.
class WorkspaceAccess {
public:
    enum class Thread : std::uint8_t { Engine, Reader, Writer, Worker };

    void use(std::filesystem::path path);
    std::filesystem::path path() const;

    /// Called on that thread alone. Whoever keeps it goes on with the file that was in use then.
    Result<std::shared_ptr<WorkspaceReader>> reader(Thread thread);
    Result<WorkspaceWriter*> writer(); ///< Writer thread alone.
    void interruptReader(); ///< From any thread: what the reader thread runs answers Cancelled.

private:
    struct Connection {
        std::shared_ptr<WorkspaceReader> reader;
        std::uint64_t generation = 0;
    };

    mutable std::mutex m_mutex;
    std::filesystem::path m_path;
    std::uint64_t m_generation = 0;
    std::array<Connection, 4> m_readers; ///< By thread.
    std::unique_ptr<WorkspaceWriter> m_writer;
    std::uint64_t m_writerGeneration = 0;
};

} // namespace core
