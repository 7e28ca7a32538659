#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>

#include <SQLiteCpp/SQLiteCpp.h>

namespace core {

/// One SQLite connection, owned by one thread (only `interrupt` may be called from others).
///
/// Everything SQLite can refuse comes back as one sentence that names the file. A file in a folder
/// that cannot be written is read as immutable: no lock, no journal, so that a shipped workspace
/// opens from anywhere.
class Database {
public:
    enum class Access { Read, Write };

    /// Opens an existing file, or with Write makes an empty one (but no folder).
    static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Access access);

    const std::filesystem::path& path() const { return m_path; }
    bool isImmutable() const { return m_isImmutable; }
    SQLite::Database& connection() { return m_connection; }

    /// Runs `work(connection)`, which returns a Result; what SQLite throws becomes its error.
    /// A stop ends the running statement with Cancelled.
    template <typename Work>
    auto run(Work&& work, const std::stop_token& stop = {})
        -> std::invoke_result_t<Work, SQLite::Database&>
    {
        if (stop.stop_requested())
            return cancelled();
        const Watch watch(m_connection, stop);
        try {
            return work(m_connection);
        } catch (const SQLite::Exception& exception) {
            return fail(describe(exception));
        } catch (const std::bad_alloc&) {
            return fail(
                Error::Code::OutOfMemory, name() + ": not enough memory to read or write it.");
        }
    }
    /// The same inside one transaction: all of it or nothing.
    template <typename Work>
    auto change(Work&& work, const std::stop_token& stop = {})
        -> std::invoke_result_t<Work, SQLite::Database&>
    {
        return run(
            [&](SQLite::Database& db) -> std::invoke_result_t<Work, SQLite::Database&> {
                SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
                auto result = work(db);
                if (result)
                    transaction.commit();
                return result;
            },
            stop);
    }

    void interrupt() noexcept; ///< From any thread.
    /// SQLite's own check of every page; the first problem is the error.
    Result<void> checkIntegrity();
    std::string name() const { return m_path.filename().string(); }

private:
    /// Lets SQLite look at the stop token every few thousand steps; an interrupt alone is lost when
    /// it comes just before a statement starts.
    class Watch {
    public:
        Watch(SQLite::Database& connection, const std::stop_token& stop);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

    private:
        sqlite3* m_handle = nullptr;
        std::stop_token m_stop;
    };

    Database(SQLite::Database connection, std::filesystem::path path, bool isImmutable);
    Error describe(const SQLite::Exception& exception) const;

    SQLite::Database m_connection;
    std::filesystem::path m_path;
    bool m_isImmutable = false;
};

/// What an SQLite refusal means for the file at `path`, and what to do.
Error sqliteError(const std::filesystem::path& path, int code, const std::string& message);

} // namespace core
