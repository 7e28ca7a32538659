#include "core/store/sql_rows.h"
#include "core/store/workspace_writer.h"

// Labels and their undo history; the rest of the writer is in workspace_writer.cpp.
namespace core {

namespace {

constexpr int kPerson = static_cast<int>(LabelSource::Person);
constexpr int kSuggested = static_cast<int>(LabelSource::Suggested);

std::optional<Label> personLabel(SQLite::Database& db, FeatureKey key)
{
    const Label label = readLabel(db, key);
    return label.source == LabelSource::Person ? std::optional(label) : std::nullopt;
}

/// Search must find what the screen shows: the person's label or else the suggestion.
void indexLabel(SQLite::Database& db, FeatureKey key)
{
    SQLite::Statement put(db,
        "INSERT INTO feature_text(id, label) VALUES(?,?) "
        "ON CONFLICT(id) DO UPDATE SET label=excluded.label");
    put.bind(1, key.rowid());
    put.bind(2, readLabel(db, key).text);
    put.exec();
}

void putPersonLabel(SQLite::Database& db, FeatureKey key, const std::optional<Label>& label)
{
    if (label) {
        SQLite::Statement put(db, "INSERT OR REPLACE INTO label VALUES(?,?,?,?)");
        put.bind(1, key.rowid());
        put.bind(2, kPerson);
        put.bind(3, label->text);
        put.bind(4, label->notes);
        put.exec();
    } else {
        SQLite::Statement remove(db, "DELETE FROM label WHERE feature=? AND source=?");
        remove.bind(1, key.rowid());
        remove.bind(2, kPerson);
        remove.exec();
    }
    indexLabel(db, key);
}

void bindLabel(SQLite::Statement& statement, int index, const std::optional<Label>& label)
{
    if (label) {
        statement.bind(index, label->text);
        statement.bind(index + 1, label->notes);
    } else {
        statement.bind(index);
        statement.bind(index + 1);
    }
}

/// Changes a label and remembers how it was. An edit that changes nothing is not remembered.
void editLabel(SQLite::Database& db, FeatureKey key, const Label& label)
{
    const auto before = personLabel(db, key);
    const auto after = label.text.empty()
        ? std::nullopt
        : std::optional(Label{label.text, label.notes, LabelSource::Person});
    if (before == after)
        return;
    db.exec("DELETE FROM label_edit WHERE is_undone=1"); // A new edit ends what could be repeated.
    SQLite::Statement remember(db,
        "INSERT INTO label_edit(feature, old_text, old_notes, new_text, new_notes) "
        "VALUES(?,?,?,?,?)");
    remember.bind(1, key.rowid());
    bindLabel(remember, 2, before);
    bindLabel(remember, 4, after);
    remember.exec();
    putPersonLabel(db, key, after);
}

void suggest(SQLite::Database& db, FeatureKey key, const std::string& text)
{
    SQLite::Statement put(db, "INSERT OR REPLACE INTO label VALUES(?,?,?,'')");
    put.bind(1, key.rowid());
    put.bind(2, kSuggested);
    put.bind(3, text);
    put.exec();
    indexLabel(db, key);
}

/// Moves one step along the history; answers whose label changed.
std::optional<FeatureKey> step(SQLite::Database& db, bool isUndo)
{
    SQLite::Statement query(db,
        isUndo ? "SELECT sequence, feature, old_text, old_notes FROM label_edit WHERE is_undone=0 "
                 "ORDER BY sequence DESC LIMIT 1"
               : "SELECT sequence, feature, new_text, new_notes FROM label_edit WHERE is_undone=1 "
                 "ORDER BY sequence LIMIT 1");
    if (!query.executeStep())
        return std::nullopt;
    const FeatureKey key = FeatureKey::fromRowid(query.getColumn(1).getInt64());
    std::optional<Label> label;
    if (!query.getColumn(2).isNull())
        label = Label{
            query.getColumn(2).getString(), query.getColumn(3).getString(), LabelSource::Person};
    SQLite::Statement mark(db, "UPDATE label_edit SET is_undone=? WHERE sequence=?");
    mark.bind(1, isUndo ? 1 : 0);
    mark.bind(2, query.getColumn(0).getInt64());
    query.reset();
    mark.exec();
    putPersonLabel(db, key, label);
    return key;
}

} // namespace

Result<void> WorkspaceWriter::setLabel(FeatureKey key, const Label& label)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        editLabel(db, key, label);
        return {};
    });
}

Result<std::optional<FeatureKey>> WorkspaceWriter::undoLabel()
{
    return m_database->change(
        [](SQLite::Database& db) -> Result<std::optional<FeatureKey>> { return step(db, true); });
}

Result<std::optional<FeatureKey>> WorkspaceWriter::redoLabel()
{
    return m_database->change(
        [](SQLite::Database& db) -> Result<std::optional<FeatureKey>> { return step(db, false); });
}

Result<void> WorkspaceWriter::suggestLabels(
    const std::vector<std::pair<FeatureKey, std::string>>& labels)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        for (const auto& [key, text] : labels)
            suggest(db, key, text);
        return {};
    });
}

Result<std::vector<LabelRecord>> WorkspaceWriter::personLabels()
{
    return m_database->run([](SQLite::Database& db) -> Result<std::vector<LabelRecord>> {
        SQLite::Statement query(db,
            "SELECT label.feature, dictionary.name, dictionary.layer, text, notes, source "
            "FROM label JOIN dictionary ON dictionary.id=(label.feature>>32) "
            "WHERE source=2 ORDER BY dictionary.layer, dictionary.name, label.feature");
        std::vector<LabelRecord> records;
        while (query.executeStep())
            records.push_back({{query.getColumn(1).getString(),
                                   FeatureKey::fromRowid(query.getColumn(0).getInt64()).feature},
                Layer(query.getColumn(2).getInt()), labelOf(query, 3)});
        return records;
    });
}

Result<std::int64_t> WorkspaceWriter::importLabels(const std::vector<LabelRecord>& records)
{
    return m_database->change([&](SQLite::Database& db) -> Result<std::int64_t> {
        const auto dictionaries = readDictionaries(db, "", {});
        if (!dictionaries)
            return fail(dictionaries.error());
        std::int64_t count = 0;
        for (const LabelRecord& record : records)
            for (const StoredDictionary& dictionary : *dictionaries)
                if (dictionary.name == record.feature.dictionary && record.feature.feature.isValid()
                    && record.feature.feature.value < dictionary.d_sae) {
                    const FeatureKey key{dictionary.id, record.feature.feature};
                    if (record.label.source == LabelSource::Suggested)
                        suggest(db, key, record.label.text);
                    else
                        editLabel(db, key, record.label);
                    ++count;
                }
        return count;
    });
}

} // namespace core
