#include "core/store/database.h"

#include <sqlite3.h>
#include <unistd.h>

namespace core {

namespace {

constexpr int kBusyMilliseconds = 5000; // The other connection's transactions are small.

bool isWritable(const std::filesystem::path& path)
{
    return ::access(path.c_str(), W_OK) == 0;
}

std::filesystem::path folderOf(const std::filesystem::path& path)
{
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// SQLite's URI form, for `immutable=1`.
std::string immutableUri(const std::filesystem::path& path)
{
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(path).string()) {
        if (c == '%' || c == '?' || c == '#') {
            constexpr char kHex[] = "0123456789abcdef";
            uri += {'%', kHex[(c >> 4) & 15], kHex[c & 15]};
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

} // namespace

Error sqliteError(const std::filesystem::path& path, int code, const std::string& message)
{
    const std::string name = path.filename().string() + ": ";
    switch (code & 0xff) {
    case SQLITE_INTERRUPT:
        return {Error::Code::Cancelled, "Cancelled."};
    case SQLITE_NOTADB:
        return {Error::Code::InvalidFile,
            name
                + "this is not a workspace file (not an SQLite database). "
                  "Choose another file."};
    case SQLITE_CORRUPT:
        return {Error::Code::InvalidFile,
            name + "the workspace is damaged (" + message
                + "). Restore a copy, or remove the file and harvest again."};
    case SQLITE_FULL:
        return {Error::Code::Io,
            name
                + "could not be written: the disk is full. Free some space and try again; "
                  "nothing was changed."};
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return {Error::Code::Io,
            name + "could not be written: the file or its folder (" + folderOf(path).string()
                + ") is read-only. Copy the workspace to a folder of yours."};
    case SQLITE_CANTOPEN:
        return {Error::Code::Io,
            name + "could not be opened in " + folderOf(path).string()
                + ". Check that the folder exists and that you may write to it."};
    case SQLITE_IOERR:
        return {Error::Code::Io,
            name + "could not be read or written (" + message
                + "). Check the disk and the free space on it."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {Error::Code::Io,
            name + "another program is writing to the workspace. Close it and try again."};
    case SQLITE_NOMEM:
        return {Error::Code::OutOfMemory, name + "not enough memory to read or write it."};
    default:
        return {Error::Code::Internal, name + message};
    }
}

Database::Database(SQLite::Database connection, std::filesystem::path path, bool isImmutable)
    : m_connection(std::move(connection))
    , m_path(std::move(path))
    , m_isImmutable(isImmutable)
{
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Access access)
{
    std::error_code error;
    const bool exists = std::filesystem::exists(path, error);
    if (std::filesystem::is_directory(path, error))
        return fail(
            Error::Code::InvalidFile, path.string() + " is a folder; a workspace is one file.");
    if (!exists && access == Access::Read)
        return fail(Error::Code::NotFound,
            path.string()
                + ": there is no such workspace. "
                  "Check the path, or harvest a dictionary into a new one.");
    const bool canWrite = isWritable(folderOf(path)) && (!exists || isWritable(path));
    if (!canWrite && access == Access::Write)
        return fail(sqliteError(path, exists ? SQLITE_READONLY : SQLITE_CANTOPEN, ""));
    try {
        int flags = access == Access::Write ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE
                                            : SQLite::OPEN_READONLY;
        if (!canWrite)
            flags |= SQLite::OPEN_URI;
        SQLite::Database connection(
            canWrite ? path.string() : immutableUri(path), flags, kBusyMilliseconds);
        if (access == Access::Write) {
            connection.exec("PRAGMA journal_mode=WAL");
            // What was answered for is on the disk, also when the power goes: a label, an autosave.
            connection.exec("PRAGMA synchronous=FULL");
            connection.exec("PRAGMA foreign_keys=ON");
        }
        connection.exec("PRAGMA temp_store=MEMORY");
        connection.exec("PRAGMA cache_size=-16384"); // kB: the upper pages of every table and index
        connection.execAndGet(
            "SELECT count(*) FROM sqlite_schema"); // Reads page 1: a foreign file fails here.
        return std::unique_ptr<Database>(new Database(std::move(connection), path, !canWrite));
    } catch (const SQLite::Exception& exception) {
        return fail(sqliteError(path, exception.getErrorCode(), exception.what()));
    }
}

Error Database::describe(const SQLite::Exception& exception) const
{
    return sqliteError(m_path, exception.getErrorCode(), exception.what());
}

Database::Watch::Watch(SQLite::Database& connection, const std::stop_token& stop)
    : m_stop(stop)
{
    if (!stop.stop_possible())
        return;
    m_handle = connection.getHandle();
    constexpr int kStepsBetweenLooks = 5000; // Well under a millisecond.
    sqlite3_progress_handler(
        m_handle, kStepsBetweenLooks,
        [](void* self) { return int(static_cast<std::stop_token*>(self)->stop_requested()); },
        &m_stop);
}

Database::Watch::~Watch()
{
    if (m_handle)
        sqlite3_progress_handler(m_handle, 0, nullptr, nullptr);
}

void Database::interrupt() noexcept
{
    sqlite3_interrupt(m_connection.getHandle());
}

Result<void> Database::checkIntegrity()
{
    return run([&](SQLite::Database& db) -> Result<void> {
        const std::string answer = db.execAndGet("PRAGMA integrity_check(1)").getString();
        if (answer == "ok")
            return {};
        return fail(sqliteError(m_path, SQLITE_CORRUPT, answer));
    });
}

} // namespace core
