#pragma once

#include "core/base/result.h"
#include "core/store/feature_record.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

/// Rows of the workspace's tables as values; shared by its reader and its writer.
namespace core {

std::string_view blobOf(const SQLite::Column& column);
std::string readMeta(SQLite::Database& db, const std::string& key); ///< Empty when absent.
/// `where` ends the SELECT; `value` is bound to its ?, when it has one.
Result<std::vector<StoredDictionary>> readDictionaries(
    SQLite::Database& db, const std::string& where, const std::string& value);
/// From a row (id, tokens, text).
Result<Passage> readPassage(SQLite::Statement& row, const std::string& file);
/// From text, notes, source at `column` and the next two.
Label labelOf(SQLite::Statement& row, int column);
Label readLabel(SQLite::Database& db, FeatureKey key);
std::vector<std::pair<std::string, std::vector<float>*>> columnsByName(FeatureColumns& columns);

} // namespace core
