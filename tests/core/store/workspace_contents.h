#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

namespace tests {

/// Everything a harvest stored, as one text.
inline std::string workspaceContents(const std::filesystem::path& path)
{
    SQLite::Database db(path, SQLite::OPEN_READONLY);
    std::string all;
    for (const char* sql :
        {"SELECT name, weights_hash, harvested_tokens FROM dictionary ORDER BY name",
            "SELECT dictionary, statistic, hex(data) FROM feature_column ORDER BY 1, 2",
            "SELECT id, hex(evidence), hex(effects), hex(nearest) FROM feature_evidence ORDER BY "
            "id",
            "SELECT id, hex(effects) FROM feature_raised ORDER BY id",
            "SELECT id, label, promoted, words FROM feature_text ORDER BY id",
            "SELECT dictionary, hex(fires) FROM contrast ORDER BY dictionary",
            "SELECT dictionary, passage, hex(data) FROM passage_sample ORDER BY 1, 2",
            "SELECT id, hex(tokens), text FROM passage ORDER BY id",
            "SELECT count(*) FROM harvest_state"}) {
        SQLite::Statement rows(db, sql);
        while (rows.executeStep())
            for (int c = 0; c < rows.getColumnCount(); ++c)
                all += rows.getColumn(c).getString() + "\n";
    }
    return all;
}

} // namespace tests
