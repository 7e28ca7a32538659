#include "core/engine/workspace_access.h"

#include <utility>

namespace core {

namespace {

auto noWorkspace()
{
    return fail(Error::Code::NotFound, "No workspace is open. Open a model first.");
}

} // namespace

Result<OwnConnections> OwnConnections::open(const std::filesystem::path& path)
{
    if (path.empty())
        return noWorkspace();
    auto reader = WorkspaceReader::open(path);
    if (!reader)
        return fail(reader.error());
    auto writer = WorkspaceWriter::open(path);
    if (!writer)
        return fail(writer.error());
    return OwnConnections{std::move(*reader), std::move(*writer)};
}

void WorkspaceAccess::use(std::filesystem::path path)
{
    const std::lock_guard lock(m_mutex);
    m_path = std::move(path);
    ++m_generation;
}

std::filesystem::path WorkspaceAccess::path() const
{
    const std::lock_guard lock(m_mutex);
    return m_path;
}

Result<std::shared_ptr<WorkspaceReader>> WorkspaceAccess::reader(Thread thread)
{
    Connection& connection = m_readers[static_cast<std::size_t>(thread)];
    std::unique_lock lock(m_mutex);
    if (m_path.empty())
        return noWorkspace();
    if (!connection.reader || connection.generation != m_generation) {
        const std::filesystem::path path = m_path;
        const std::uint64_t generation = m_generation;
        lock.unlock(); // opening touches the disk
        auto opened = WorkspaceReader::open(path);
        if (!opened)
            return fail(opened.error());
        lock.lock();
        connection.reader = std::move(*opened);
        connection.generation = generation;
    }
    return connection.reader;
}

Result<WorkspaceWriter*> WorkspaceAccess::writer()
{
    const std::lock_guard lock(m_mutex);
    if (m_path.empty())
        return noWorkspace();
    if (!m_writer || m_writerGeneration != m_generation) {
        auto opened = WorkspaceWriter::open(m_path);
        if (!opened)
            return fail(opened.error());
        m_writer = std::move(*opened);
        m_writerGeneration = m_generation;
    }
    return m_writer.get();
}

void WorkspaceAccess::interruptReader()
{
    const std::lock_guard lock(m_mutex);
    if (Connection& connection = m_readers[static_cast<std::size_t>(Thread::Reader)];
        connection.reader)
        connection.reader->interrupt();
}

} // namespace core
