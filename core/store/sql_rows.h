#pragma once

#include "core/base/result.h"
#include "core/store/feature_record.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

/// Rows of the workspace's tables as values; shared by its reader and its writer.
namespace core {

std::string_view blobOf(const SQLite::Column& column);
std::string readMeta(SQLite::Database& db, const std::string& key); ///< Empty when absent.
void countHarvest(SQLite::Database& db); ///< Whoever keeps columns or tokens reads them anew.
/// `where` ends the SELECT; `value` is bound to its ?, when it has one.
Result<std::vector<StoredDictionary>> readDictionaries(
    SQLite::Database& db, const std::string& where, const std::string& value);
/// What the words of a corpus mean; nothing where an older program harvested it.
std::optional<std::string> readWordVectors(SQLite::Database& db, std::int32_t corpus);
/// From a row (id, tokens, text).
Result<Passage> readPassage(SQLite::Statement& row, const std::string& file);
/// From text, notes, source at `column` and the next two.
Label labelOf(SQLite::Statement& row, int column);
/// `row` over what was read for its feature before, in the order of sources: a person's label takes
/// the place of a suggestion, notes without a label stand beside it.
void layOver(Label& shown, Label row);
inline constexpr const char* kLabelRows
    = "SELECT text, notes, source FROM label WHERE feature=? ORDER BY source";
/// What is shown: both rows as one. `rows` is prepared from `kLabelRows`.
Label readLabel(SQLite::Statement& rows, FeatureKey key);
Label readLabel(SQLite::Database& db, FeatureKey key);

/// A kept statement in use; afterwards it is at its beginning again and holds no lock.
class Rewound {
public:
    explicit Rewound(SQLite::Statement& statement)
        : m_statement(statement)
    {
        m_statement.tryReset();
    }
    ~Rewound() { m_statement.tryReset(); }
    Rewound(const Rewound&) = delete;
    Rewound& operator=(const Rewound&) = delete;
    SQLite::Statement& operator*() const { return m_statement; }
    SQLite::Statement* operator->() const { return &m_statement; }

private:
    SQLite::Statement& m_statement;
};

/// What a feature's numbers are stored as; some came later and may be missing.
inline constexpr const char* kOutputScoreColumn = "output_score";
inline constexpr const char* kLabelScoreColumn = "label_score";
/// Whether a column came later: where it is missing nothing is known, not 0.
bool mayBeMissing(const std::string& statistic);
std::vector<std::pair<std::string, std::vector<float>*>> columnsByName(FeatureColumns& columns);

} // namespace core
