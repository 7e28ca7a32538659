#include "core/store/schema.h"

namespace core {

namespace {

constexpr int kApplicationId
    = 0x46536370; // "FScp": tells our files from other programs' databases.
constexpr int kSchemaVersion = 1;

// Ids of features are dictionary << 32 | row. Numbers are columns of floats in one BLOB, evidence
// one BLOB per feature; text is in tables with full-text indices that hold no copy of it (external
// content).
constexpr const char* kTables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE token(id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE corpus(id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, tokens INTEGER NOT NULL,
    first_passage INTEGER NOT NULL, passages INTEGER NOT NULL);
CREATE TABLE passage(id INTEGER PRIMARY KEY, tokens BLOB NOT NULL, text TEXT NOT NULL);
CREATE TABLE dictionary(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
    weights_hash TEXT NOT NULL, hook TEXT NOT NULL, layer INTEGER NOT NULL, d_sae INTEGER NOT NULL,
    is_transcoder INTEGER NOT NULL, harvested_tokens INTEGER NOT NULL, corpus INTEGER NOT NULL);
CREATE TABLE feature_column(dictionary INTEGER NOT NULL, statistic TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY(dictionary, statistic));
CREATE TABLE feature_evidence(id INTEGER PRIMARY KEY, evidence BLOB NOT NULL, effects BLOB NOT NULL,
    nearest BLOB NOT NULL);
CREATE TABLE feature_text(id INTEGER PRIMARY KEY, label TEXT NOT NULL DEFAULT '',
    promoted TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '');
CREATE TABLE passage_sample(dictionary INTEGER NOT NULL, passage INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY(dictionary, passage));
CREATE TABLE label(feature INTEGER NOT NULL, source INTEGER NOT NULL, text TEXT NOT NULL, notes TEXT NOT NULL,
    PRIMARY KEY(feature, source)) WITHOUT ROWID;
-- Kept for files of older versions; nothing reads or writes it any more.
CREATE TABLE label_edit(sequence INTEGER PRIMARY KEY AUTOINCREMENT, feature INTEGER NOT NULL,
    old_text TEXT, old_notes TEXT, new_text TEXT, new_notes TEXT,
    is_undone INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE harvest_state(name TEXT PRIMARY KEY, data BLOB NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);

CREATE VIRTUAL TABLE feature_search USING fts5(label, promoted, words, content='feature_text',
    content_rowid='id', tokenize="porter unicode61 remove_diacritics 2");
CREATE TRIGGER feature_text_added AFTER INSERT ON feature_text BEGIN
    INSERT INTO feature_search(rowid, label, promoted, words) VALUES(new.id, new.label, new.promoted, new.words);
END;
CREATE TRIGGER feature_text_removed AFTER DELETE ON feature_text BEGIN
    INSERT INTO feature_search(feature_search, rowid, label, promoted, words)
        VALUES('delete', old.id, old.label, old.promoted, old.words);
END;
CREATE TRIGGER feature_text_changed AFTER UPDATE ON feature_text BEGIN
    INSERT INTO feature_search(feature_search, rowid, label, promoted, words)
        VALUES('delete', old.id, old.label, old.promoted, old.words);
    INSERT INTO feature_search(rowid, label, promoted, words) VALUES(new.id, new.label, new.promoted, new.words);
END;

CREATE VIRTUAL TABLE passage_search USING fts5(text, content='passage', content_rowid='id', detail=none,
    tokenize="porter unicode61 remove_diacritics 2");
CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN
    INSERT INTO passage_search(rowid, text) VALUES(new.id, new.text);
END;
CREATE TRIGGER passage_removed AFTER DELETE ON passage BEGIN
    INSERT INTO passage_search(passage_search, rowid, text) VALUES('delete', old.id, old.text);
END;
)sql";

// What came after the first version, made when a workspace is opened for writing. Older programs do
// not look at these; whoever only reads asks first whether they are there.
constexpr const char* kAdditions[] = {
    // How well a label predicts where its feature fires, and the rule that was tested.
    "CREATE TABLE IF NOT EXISTS label_test(feature INTEGER NOT NULL, source INTEGER NOT NULL, "
    "score REAL, bar REAL, rule TEXT NOT NULL, says TEXT NOT NULL, evidence TEXT NOT NULL, "
    "PRIMARY KEY(feature, source)) WITHOUT ROWID",
    // Labels that others took the place of.
    "CREATE TABLE IF NOT EXISTS label_version(id INTEGER PRIMARY KEY, feature INTEGER NOT NULL, "
    "source INTEGER NOT NULL, text TEXT NOT NULL, score REAL, "
    "at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    "CREATE INDEX IF NOT EXISTS label_version_of ON label_version(feature)",
    // Of each dictionary: what shuffled features scored, as 101 quantiles.
    "CREATE TABLE IF NOT EXISTS label_shuffle(dictionary INTEGER PRIMARY KEY, quantiles BLOB NOT "
    "NULL)",
    // Where features rest (core/labels/contrast.h).
    "CREATE TABLE IF NOT EXISTS contrast(dictionary INTEGER PRIMARY KEY, fires BLOB NOT NULL)",
    // What fires on the same tokens.
    "CREATE TABLE IF NOT EXISTS feature_cofiring(id INTEGER PRIMARY KEY, cofiring BLOB NOT NULL)",
    // What features make the model say where they fire (core/features/raised_tokens.h).
    "CREATE TABLE IF NOT EXISTS feature_raised(id INTEGER PRIMARY KEY, effects BLOB NOT NULL)",
    // What words of a corpus mean, and the features that say them: search by meaning.
    "CREATE TABLE IF NOT EXISTS word_vectors(corpus INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS word_features(word INTEGER NOT NULL, dictionary INTEGER NOT NULL, "
    "features BLOB NOT NULL, PRIMARY KEY(word, dictionary)) WITHOUT ROWID",
};

// An index of the labels alone: a label that says two words is found there along the labels that
// say them, not along every feature that says the more frequent one anywhere.
constexpr const char* kLabelIndex = R"sql(
CREATE VIRTUAL TABLE label_search USING fts5(label, content='feature_text', content_rowid='id',
    tokenize="porter unicode61 remove_diacritics 2");
CREATE TRIGGER label_text_added AFTER INSERT ON feature_text BEGIN
    INSERT INTO label_search(rowid, label) VALUES(new.id, new.label);
END;
CREATE TRIGGER label_text_removed AFTER DELETE ON feature_text BEGIN
    INSERT INTO label_search(label_search, rowid, label) VALUES('delete', old.id, old.label);
END;
CREATE TRIGGER label_text_changed AFTER UPDATE OF label ON feature_text BEGIN
    INSERT INTO label_search(label_search, rowid, label) VALUES('delete', old.id, old.label);
    INSERT INTO label_search(rowid, label) VALUES(new.id, new.label);
END;
INSERT INTO label_search(label_search) VALUES('rebuild');
)sql";

/// A file of an older program gets it where that takes a moment; searches do without it.
void addLabelIndex(SQLite::Database& db)
{
    constexpr std::int64_t kMostFeatures = 300'000; // half a second
    if (!db.tableExists("label_search")
        && db.execAndGet("SELECT sum(d_sae) FROM dictionary").getInt64() <= kMostFeatures)
        db.exec(kLabelIndex);
}

Result<bool> isWorkspace(Database& database)
{
    return database.run([&](SQLite::Database& db) -> Result<bool> {
        if (db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0)
            return false;
        if (db.execAndGet("PRAGMA application_id").getInt() != kApplicationId)
            return fail(Error::Code::InvalidFile,
                database.name()
                    + ": this is another program's database, not a Featurescope workspace. Choose "
                      "another file.");
        const int version = db.execAndGet("PRAGMA user_version").getInt();
        if (version != kSchemaVersion)
            return fail(Error::Code::Unsupported,
                database.name() + ": the workspace has schema version " + std::to_string(version)
                    + ", this program reads version " + std::to_string(kSchemaVersion)
                    + ". Open it with the program that wrote it, or harvest again.");
        return true;
    });
}

} // namespace

Result<void> createSchema(Database& database)
{
    const auto known = isWorkspace(database);
    if (!known)
        return fail(known.error());
    return database.change([&](SQLite::Database& db) -> Result<void> {
        for (const char* addition : kAdditions)
            db.exec(addition);
        if (*known) {
            addLabelIndex(db);
            return {};
        }
        db.exec(kTables);
        addLabelIndex(db);
        db.exec("INSERT INTO meta VALUES('origin', lower(hex(randomblob(16))))");
        db.exec("PRAGMA application_id=" + std::to_string(kApplicationId));
        db.exec("PRAGMA user_version=" + std::to_string(kSchemaVersion));
        return {};
    });
}

Result<void> checkSchema(Database& database)
{
    const auto known = isWorkspace(database);
    if (!known)
        return fail(known.error());
    if (!*known)
        return fail(Error::Code::InvalidFile,
            database.name()
                + ": the file is empty, not a workspace. "
                  "Remove it, or choose another.");
    return {};
}

} // namespace core
