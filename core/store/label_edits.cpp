#include "core/store/sql_rows.h"
#include "core/store/workspace_writer.h"

// Labels; the rest of the writer is in workspace_writer.cpp.
namespace core {

namespace {

constexpr int kPerson = static_cast<int>(LabelSource::Person);
constexpr int kSuggested = static_cast<int>(LabelSource::Suggested);

std::optional<Label> personLabel(SQLite::Database& db, FeatureKey key)
{
    SQLite::Statement query(
        db, "SELECT text, notes, source FROM label WHERE feature=? AND source=?");
    query.bind(1, key.rowid());
    query.bind(2, kPerson);
    return query.executeStep() ? std::optional(labelOf(query, 0)) : std::nullopt;
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

/// What a person wrote is kept; a text that is still being typed takes the place of the one before.
void noteVersion(SQLite::Database& db, FeatureKey key, const std::string& text)
{
    SQLite::Statement newest(db,
        "SELECT id, at > datetime('now', '-60 seconds') FROM label_version "
        "WHERE feature=? AND source=? ORDER BY id DESC LIMIT 1");
    newest.bind(1, key.rowid());
    newest.bind(2, kPerson);
    const bool isBeingTyped = newest.executeStep() && newest.getColumn(1).getInt() != 0;
    SQLite::Statement put(db,
        isBeingTyped
            ? "UPDATE label_version SET text=?2, score=NULL, at=CURRENT_TIMESTAMP WHERE id=?1"
            : "INSERT INTO label_version(feature, source, text) VALUES(?1, 2, ?2)");
    put.bind(1, isBeingTyped ? newest.getColumn(0).getInt64() : key.rowid());
    put.bind(2, text);
    put.exec();
}

void editText(
    SQLite::Database& db, FeatureKey key, const std::string& before, const std::string& after)
{
    SQLite::Statement forget(db, "DELETE FROM label_test WHERE feature=? AND source=?");
    forget.bind(1, key.rowid());
    forget.bind(2, kPerson);
    forget.exec();
    SQLite::Statement known(db, "SELECT 1 FROM label_version WHERE feature=? AND source=? LIMIT 1");
    known.bind(1, key.rowid());
    known.bind(2, kPerson);
    if (!known.executeStep() && !before.empty()) { // written by an older program
        SQLite::Statement put(db,
            "INSERT INTO label_version(feature, source, text, at) "
            "VALUES(?, 2, ?, datetime('now', '-1 day'))");
        put.bind(1, key.rowid());
        put.bind(2, before);
        put.exec();
    }
    if (!after.empty())
        noteVersion(db, key, after);
}

/// Without a text the notes stay, without both nothing does; what changes nothing writes nothing.
void editLabel(SQLite::Database& db, FeatureKey key, const Label& label, bool keepsNotes)
{
    const auto before = personLabel(db, key);
    const std::string notes = !keepsNotes ? label.notes : before ? before->notes : std::string();
    const auto after = label.text.empty() && notes.empty()
        ? std::nullopt
        : std::optional(Label{label.text, notes, LabelSource::Person});
    if (before == after)
        return;
    const std::string textBefore = before ? before->text : std::string();
    if (textBefore != label.text)
        editText(db, key, textBefore, label.text);
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

} // namespace

Result<void> WorkspaceWriter::setLabel(FeatureKey key, const Label& label, bool keepsNotes)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        editLabel(db, key, label, keepsNotes);
        return {};
    });
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
                        editLabel(db, key, record.label, record.keepsNotes);
                    ++count;
                }
        return count;
    });
}

} // namespace core
