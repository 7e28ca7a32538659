#include "core/store/workspace_writer.h"

#include "core/store/feature_blobs.h"
#include "core/store/schema.h"
#include "core/store/sql_rows.h"

namespace core {

namespace {

void bindBlob(SQLite::Statement& statement, int index, const std::string& bytes)
{
    // An empty BLOB must not become NULL.
    statement.bindNoCopy(index, bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
        static_cast<int>(bytes.size()));
}

void runOnce(SQLite::Statement& statement)
{
    statement.exec();
    statement.reset();
}

void storeRaised(
    SQLite::Database& db, std::int32_t dictionary, const std::vector<StoredEffects>& raised)
{
    SQLite::Statement put(db, "INSERT OR REPLACE INTO feature_raised VALUES(?,?)");
    for (std::size_t i = 0; i < raised.size(); ++i) {
        if (raised[i].positive.empty())
            continue;
        const std::string bytes = encodeEffects(raised[i]);
        put.bind(1, FeatureKey{dictionary, FeatureId(static_cast<std::int64_t>(i))}.rowid());
        bindBlob(put, 2, bytes);
        runOnce(put);
    }
}

void removeStatistics(SQLite::Database& db, std::int32_t dictionary)
{
    const std::int64_t first = FeatureKey{dictionary, FeatureId(0)}.rowid();
    const std::int64_t last = FeatureKey{dictionary, FeatureId(-1)}.rowid();
    for (const char* sql :
        {"INSERT INTO label_version(feature, source, text, score) SELECT label.feature, 1, text, "
         "score FROM label LEFT JOIN label_test USING(feature, source) "
         "WHERE source=1 AND text<>'' AND label.feature BETWEEN ? AND ?",
            "DELETE FROM feature_evidence WHERE id BETWEEN ? AND ?",
            "DELETE FROM feature_cofiring WHERE id BETWEEN ? AND ?",
            "DELETE FROM feature_raised WHERE id BETWEEN ? AND ?",
            "DELETE FROM feature_text WHERE id BETWEEN ? AND ?",
            // A person's label was tested on the text that is replaced.
            "DELETE FROM label_test WHERE feature BETWEEN ? AND ?",
            "DELETE FROM label WHERE source=1 AND feature BETWEEN ? AND ?"}) {
        SQLite::Statement remove(db, sql);
        remove.bind(1, first);
        remove.bind(2, last);
        remove.exec();
    }
    for (const char* sql : {"DELETE FROM feature_column WHERE dictionary=?",
             "DELETE FROM passage_sample WHERE dictionary=?",
             "DELETE FROM contrast WHERE dictionary=?",
             "DELETE FROM label_shuffle WHERE dictionary=?",
             "DELETE FROM word_features WHERE dictionary=?"}) {
        SQLite::Statement remove(db, sql);
        remove.bind(1, dictionary);
        remove.exec();
    }
}

/// The texts that a person's labels add to search go back where `removeStatistics` took them.
void indexPersonLabels(SQLite::Database& db, std::int32_t dictionary)
{
    SQLite::Statement add(db,
        "INSERT INTO feature_text(id, label) SELECT feature, text FROM label "
        "WHERE source=2 AND text<>'' AND feature BETWEEN ? AND ? ON CONFLICT(id) DO UPDATE SET "
        "label=excluded.label");
    add.bind(1, FeatureKey{dictionary, FeatureId(0)}.rowid());
    add.bind(2, FeatureKey{dictionary, FeatureId(-1)}.rowid());
    add.exec();
}

std::int32_t storeDictionary(SQLite::Database& db, const StoredDictionary& dictionary)
{
    SQLite::Statement put(db,
        "INSERT INTO dictionary(name, path, weights_hash, hook, layer, d_sae, is_transcoder, "
        "harvested_tokens, corpus) "
        "VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(name) DO UPDATE SET path=excluded.path, "
        "weights_hash=excluded.weights_hash, hook=excluded.hook, layer=excluded.layer, "
        "d_sae=excluded.d_sae, "
        "is_transcoder=excluded.is_transcoder, harvested_tokens=excluded.harvested_tokens, "
        "corpus=excluded.corpus "
        "RETURNING id");
    put.bind(1, dictionary.name);
    put.bind(2, dictionary.path);
    put.bind(3, dictionary.weightsHash);
    put.bind(4, dictionary.hook);
    put.bind(5, dictionary.layer.value);
    put.bind(6, dictionary.d_sae);
    put.bind(7, dictionary.isTranscoder ? 1 : 0);
    put.bind(8, dictionary.harvestedTokens);
    put.bind(9, dictionary.corpus);
    put.executeStep();
    return put.getColumn(0).getInt();
}

} // namespace

Result<std::unique_ptr<WorkspaceWriter>> WorkspaceWriter::open(const std::filesystem::path& path)
{
    auto database = Database::open(path, Database::Access::Write);
    if (!database)
        return fail(database.error());
    if (auto made = createSchema(**database); !made)
        return fail(made.error());
    return std::unique_ptr<WorkspaceWriter>(new WorkspaceWriter(std::move(*database)));
}

Result<std::int32_t> WorkspaceWriter::putDictionary(const StoredDictionary& dictionary)
{
    return m_database->change([&](SQLite::Database& db) -> Result<std::int32_t> {
        const auto known = readDictionaries(db, "WHERE name=?", dictionary.name);
        if (!known)
            return fail(known.error());
        StoredDictionary stored = dictionary;
        if (!known->empty()) {
            const StoredDictionary& old = known->front();
            const bool isSame
                = old.weightsHash == dictionary.weightsHash && old.d_sae == dictionary.d_sae;
            stored.harvestedTokens = isSame ? old.harvestedTokens : 0;
            stored.corpus = isSame ? old.corpus : 0;
            if (!isSame) {
                removeStatistics(db, old.id);
                indexPersonLabels(db, old.id);
                countHarvest(db);
            }
        }
        return storeDictionary(db, stored);
    });
}

Result<void> WorkspaceWriter::putVocabulary(const std::vector<std::string>& texts)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        db.exec("DELETE FROM token");
        SQLite::Statement put(db, "INSERT INTO token VALUES(?,?)");
        for (std::size_t i = 0; i < texts.size(); ++i) {
            put.bind(1, static_cast<std::int64_t>(i));
            put.bindNoCopy(2, texts[i]);
            runOnce(put);
        }
        countHarvest(db);
        return {};
    });
}

Result<std::int32_t> WorkspaceWriter::putCorpus(
    const std::string& hash, std::int64_t tokens, std::vector<Passage>& passages)
{
    return m_database->change([&](SQLite::Database& db) -> Result<std::int32_t> {
        SQLite::Statement known(db, "SELECT id, first_passage FROM corpus WHERE hash=?");
        known.bind(1, hash);
        std::int32_t corpus = 0;
        std::int64_t first = 0;
        if (known.executeStep()) {
            corpus = known.getColumn(0).getInt();
            first = known.getColumn(1).getInt64();
        } else {
            first = db.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM passage").getInt64();
            SQLite::Statement add(
                db, "INSERT INTO corpus(hash, tokens, first_passage, passages) VALUES(?,?,?,?)");
            add.bind(1, hash);
            add.bind(2, tokens);
            add.bind(3, first);
            add.bind(4, static_cast<std::int64_t>(passages.size()));
            add.exec();
            corpus = static_cast<std::int32_t>(db.getLastInsertRowid());
            SQLite::Statement put(db, "INSERT INTO passage VALUES(?,?,?)");
            for (std::size_t i = 0; i < passages.size(); ++i) {
                const std::string encoded = encodeTokens(passages[i].tokens);
                put.bind(1, first + static_cast<std::int64_t>(i));
                bindBlob(put, 2, encoded);
                put.bindNoCopy(3, passages[i].text);
                runOnce(put);
            }
        }
        for (std::size_t i = 0; i < passages.size(); ++i)
            passages[i].id = first + static_cast<std::int64_t>(i);
        return corpus;
    });
}

Result<void> WorkspaceWriter::putHarvest(const HarvestedDictionary& harvest)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        const std::int32_t id = storeDictionary(db, harvest.dictionary);
        removeStatistics(db, id);
        SQLite::Statement column(db, "INSERT INTO feature_column VALUES(?,?,?)");
        FeatureColumns columns = harvest.columns;
        for (const auto& [statistic, values] : columnsByName(columns)) {
            if (mayBeMissing(statistic) && values->empty())
                continue;
            const std::string bytes = encodeColumn(*values);
            column.bind(1, id);
            column.bind(2, statistic);
            bindBlob(column, 3, bytes);
            runOnce(column);
        }
        SQLite::Statement evidence(db, "INSERT INTO feature_evidence VALUES(?,?,?,?)");
        SQLite::Statement suggestion(db, "INSERT INTO label VALUES(?,1,?,'')");
        SQLite::Statement text(db, "INSERT INTO feature_text VALUES(?,?,?,?)");
        for (std::size_t i = 0; i < harvest.evidence.size(); ++i) {
            const std::int64_t key
                = FeatureKey{id, FeatureId(static_cast<std::int64_t>(i))}.rowid();
            const std::string blobs[] = {encodeEvidence(harvest.evidence[i]),
                encodeEffects(harvest.effects[i]), encodeNearest(harvest.nearest[i])};
            evidence.bind(1, key);
            for (int b = 0; b < 3; ++b)
                bindBlob(evidence, b + 2, blobs[b]);
            runOnce(evidence);
            if (!harvest.suggestedLabels[i].empty()) {
                suggestion.bind(1, key);
                suggestion.bindNoCopy(2, harvest.suggestedLabels[i]);
                runOnce(suggestion);
            }
            text.bind(1, key);
            text.bindNoCopy(2, harvest.suggestedLabels[i]);
            text.bindNoCopy(3, harvest.promoted[i]);
            text.bindNoCopy(4, harvest.words[i]);
            runOnce(text);
        }
        SQLite::Statement cofiring(db, "INSERT INTO feature_cofiring VALUES(?,?)");
        for (std::size_t i = 0; i < harvest.cofiring.size(); ++i) {
            const std::string bytes = encodeNearest(harvest.cofiring[i]);
            cofiring.bind(1, FeatureKey{id, FeatureId(static_cast<std::int64_t>(i))}.rowid());
            bindBlob(cofiring, 2, bytes);
            runOnce(cofiring);
        }
        storeRaised(db, id, harvest.raised);
        indexPersonLabels(db, id);
        SQLite::Statement sample(db, "INSERT INTO passage_sample VALUES(?,?,?)");
        for (const auto& [passage, samples] : harvest.samples) {
            const std::string bytes = encodeSamples(samples);
            sample.bind(1, id);
            sample.bind(2, passage);
            bindBlob(sample, 3, bytes);
            runOnce(sample);
        }
        if (!harvest.contrast.empty()) {
            SQLite::Statement contrast(db, "INSERT INTO contrast VALUES(?,?)");
            contrast.bind(1, id);
            bindBlob(contrast, 2, harvest.contrast);
            contrast.exec();
        }
        countHarvest(db);
        return {};
    });
}

Result<void> WorkspaceWriter::putRaised(
    std::int32_t dictionary, const std::vector<StoredEffects>& raised)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        storeRaised(db, dictionary, raised);
        return {};
    });
}

Result<void> WorkspaceWriter::putOutputScores(
    const std::string& dictionary, const std::string& weightsHash, const std::vector<float>& scores)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        const auto known = readDictionaries(db, "WHERE name=?", dictionary);
        if (!known)
            return fail(known.error());
        if (known->empty())
            return fail(Error::Code::NotFound,
                m_database->name() + ": the workspace knows no dictionary `" + dictionary
                    + "`. Harvest it first.");
        const StoredDictionary& stored = known->front();
        if (stored.weightsHash != weightsHash
            || static_cast<std::size_t>(stored.d_sae) != scores.size())
            return fail(Error::Code::Unsupported,
                m_database->name() + ": `" + dictionary
                    + "` was harvested with other weights than those that are open. Harvest it "
                      "again.");
        SQLite::Statement put(db, "INSERT OR REPLACE INTO feature_column VALUES(?,?,?)");
        const std::string bytes = encodeColumn(scores);
        put.bind(1, stored.id);
        put.bind(2, kOutputScoreColumn);
        bindBlob(put, 3, bytes);
        put.exec();
        countHarvest(db);
        return {};
    });
}

Result<void> WorkspaceWriter::putWordVectors(std::int32_t corpus, const std::string& bytes)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        SQLite::Statement put(db, "INSERT OR IGNORE INTO word_vectors VALUES(?,?)");
        put.bind(1, corpus);
        bindBlob(put, 2, bytes);
        put.exec();
        return {};
    });
}

Result<std::optional<std::string>> WorkspaceWriter::wordVectors(std::int32_t corpus)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::optional<std::string>> {
        return readWordVectors(db, corpus);
    });
}

Result<void> WorkspaceWriter::putWordFeatures(
    std::int32_t dictionary, const std::map<std::int32_t, std::vector<WordFeature>>& features)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        SQLite::Statement remove(db, "DELETE FROM word_features WHERE dictionary=?");
        remove.bind(1, dictionary);
        remove.exec();
        SQLite::Statement put(db, "INSERT INTO word_features VALUES(?,?,?)");
        for (const auto& [word, of] : features) {
            const std::string bytes = encodeWordFeatures(of);
            put.bind(1, word);
            put.bind(2, dictionary);
            bindBlob(put, 3, bytes);
            runOnce(put);
        }
        return {};
    });
}

Result<void> WorkspaceWriter::removeUnusedCorpora()
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        db.exec("DELETE FROM passage WHERE id IN (SELECT passage.id FROM corpus JOIN passage "
                "ON passage.id>=first_passage AND passage.id<first_passage+passages "
                "WHERE corpus.id NOT IN (SELECT corpus FROM dictionary))");
        db.exec("DELETE FROM corpus WHERE id NOT IN (SELECT corpus FROM dictionary)");
        db.exec("DELETE FROM word_vectors WHERE corpus NOT IN (SELECT id FROM corpus)");
        return {};
    });
}

Result<void> WorkspaceWriter::saveHarvestState(const std::string& name, const std::string& bytes)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        SQLite::Statement put(db, "INSERT OR REPLACE INTO harvest_state(name, data) VALUES(?,?)");
        put.bind(1, name);
        bindBlob(put, 2, bytes);
        put.exec();
        return {};
    });
}

Result<std::optional<std::string>> WorkspaceWriter::harvestState(const std::string& name)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::optional<std::string>> {
        SQLite::Statement query(db, "SELECT data FROM harvest_state WHERE name=?");
        query.bind(1, name);
        if (!query.executeStep())
            return std::nullopt;
        return std::string(blobOf(query.getColumn(0)));
    });
}

Result<void> WorkspaceWriter::clearHarvestState(const std::string& name)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        SQLite::Statement remove(db, "DELETE FROM harvest_state WHERE name=?");
        remove.bind(1, name);
        remove.exec();
        return {};
    });
}

Result<void> WorkspaceWriter::pack()
{
    return m_database->run([&](SQLite::Database& db) -> Result<void> {
        db.exec("UPDATE dictionary SET path = name");
        db.exec("INSERT INTO feature_search(feature_search) VALUES('optimize')");
        db.exec("INSERT INTO passage_search(passage_search) VALUES('optimize')");
        if (db.tableExists("label_search"))
            db.exec("INSERT INTO label_search(label_search) VALUES('optimize')");
        db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        db.exec("PRAGMA journal_mode=DELETE");
        db.exec("VACUUM");
        return {};
    });
}

} // namespace core
