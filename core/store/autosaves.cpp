#include "core/store/autosaves.h"

namespace core {

Result<void> putAutosave(Database& database, const std::string& run, const std::string& data)
{
    return database.change([&](SQLite::Database& db) -> Result<void> {
        // Made when first needed: workspaces of older versions have no such table.
        db.exec("CREATE TABLE IF NOT EXISTS autosave(sequence INTEGER PRIMARY KEY AUTOINCREMENT, "
                "run TEXT NOT NULL UNIQUE, data TEXT NOT NULL, "
                "at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)");
        SQLite::Statement put(db, "INSERT OR REPLACE INTO autosave(run, data) VALUES(?,?)");
        put.bind(1, run);
        put.bindNoCopy(2, data);
        put.exec();
        db.exec("DELETE FROM autosave WHERE sequence NOT IN (SELECT sequence FROM autosave ORDER "
                "BY sequence DESC LIMIT 20)");
        return {};
    });
}

Result<std::optional<std::string>> newestAutosave(Database& database)
{
    return database.run([&](SQLite::Database& db) -> Result<std::optional<std::string>> {
        if (!db.tableExists("autosave"))
            return std::nullopt;
        SQLite::Statement query(db, "SELECT data FROM autosave ORDER BY sequence DESC LIMIT 1");
        if (!query.executeStep())
            return std::nullopt;
        return query.getColumn(0).getString();
    });
}

} // namespace core
