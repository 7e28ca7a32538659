#include "core/store/feature_blobs.h"
#include "core/store/sql_rows.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

// How labels were tested and what they were before; the rest of reader and writer is in the files
// of their names.
namespace core {

namespace {

std::optional<double> numberOf(const SQLite::Column& column)
{
    return column.isNull() ? std::nullopt : std::optional(column.getDouble());
}

void bindNumber(SQLite::Statement& statement, int index, const std::optional<double>& number)
{
    if (number)
        statement.bind(index, *number);
    else
        statement.bind(index);
}

void putTest(
    SQLite::Statement& put, FeatureKey key, LabelSource source, const StoredLabelTest& test)
{
    put.bind(1, key.rowid());
    put.bind(2, static_cast<int>(source));
    bindNumber(put, 3, test.score);
    bindNumber(put, 4, test.bar);
    put.bindNoCopy(5, test.rule);
    put.bindNoCopy(6, test.says);
    put.bindNoCopy(7, test.evidence);
    put.exec();
    put.reset();
}

constexpr const char* kPutTest = "INSERT OR REPLACE INTO label_test VALUES(?,?,?,?,?,?,?)";

/// Everything of one dictionary, in one range of rowids.
void bindRange(SQLite::Statement& statement, std::int32_t dictionary)
{
    statement.bind(1, FeatureKey{dictionary, FeatureId(0)}.rowid());
    statement.bind(2, FeatureKey{dictionary, FeatureId(-1)}.rowid());
}

} // namespace

Result<void> WorkspaceWriter::putLabels(const DictionaryLabels& labels)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        for (const char* sql : {"INSERT INTO label_version(feature, source, text, score) SELECT "
                                "label.feature, 1, text, "
                                "score FROM label LEFT JOIN label_test USING(feature, source) "
                                "WHERE source=1 AND text<>'' AND label.feature BETWEEN ? AND ?",
                 "DELETE FROM label WHERE source=1 AND feature BETWEEN ? AND ?",
                 "DELETE FROM label_test WHERE source=1 AND feature BETWEEN ? AND ?"}) {
            SQLite::Statement statement(db, sql);
            bindRange(statement, labels.dictionary);
            statement.exec();
        }
        SQLite::Statement label(db, "INSERT INTO label VALUES(?,1,?,'')");
        SQLite::Statement test(db, kPutTest);
        SQLite::Statement text(db,
            "INSERT INTO feature_text(id, label, words) VALUES(?1,?2,?3) ON CONFLICT(id) DO UPDATE "
            "SET label=excluded.label, words=excluded.words "
            "WHERE label<>excluded.label OR words<>excluded.words");
        SQLite::Statement personal(
            db, "SELECT text FROM label WHERE feature=? AND source=2 AND text<>''");
        std::vector<float> scores;
        for (std::size_t i = 0; i < labels.labels.size(); ++i) {
            const FeatureKey key{labels.dictionary, FeatureId(static_cast<std::int64_t>(i))};
            const StoredLabelTest& tested = labels.tests[i];
            scores.push_back(tested.score ? static_cast<float>(*tested.score)
                                          : std::numeric_limits<float>::quiet_NaN());
            if (!labels.labels[i].empty()) {
                label.bind(1, key.rowid());
                label.bindNoCopy(2, labels.labels[i]);
                label.exec();
                label.reset();
            }
            if (tested != StoredLabelTest())
                putTest(test, key, LabelSource::Suggested, tested);
            personal.bind(1, key.rowid());
            const std::string shown
                = personal.executeStep() ? personal.getColumn(0).getString() : labels.labels[i];
            personal.reset();
            text.bind(1, key.rowid());
            text.bindNoCopy(2, shown);
            text.bindNoCopy(3, labels.words[i]);
            text.exec();
            text.reset();
        }
        SQLite::Statement forget(db,
            "DELETE FROM label_version WHERE source=1 AND feature BETWEEN ? AND ? AND EXISTS("
            "SELECT 1 FROM label WHERE label.feature=label_version.feature AND label.source=1 "
            "AND label.text=label_version.text)");
        bindRange(forget, labels.dictionary);
        forget.exec();
        const std::string column = encodeColumn(scores), quantiles = encodeColumn(labels.shuffled);
        SQLite::Statement put(db, "INSERT OR REPLACE INTO feature_column VALUES(?,?,?)");
        put.bind(1, labels.dictionary);
        put.bind(2, kLabelScoreColumn);
        put.bind(3, column.data(), static_cast<int>(column.size()));
        put.exec();
        SQLite::Statement shuffle(db, "INSERT OR REPLACE INTO label_shuffle VALUES(?,?)");
        shuffle.bind(1, labels.dictionary);
        shuffle.bind(2, quantiles.data(), static_cast<int>(quantiles.size()));
        shuffle.exec();
        countHarvest(db);
        return {};
    });
}

Result<void> WorkspaceWriter::putPersonTests(
    const std::vector<std::tuple<FeatureKey, std::string, StoredLabelTest>>& tests)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        SQLite::Statement put(db, kPutTest);
        SQLite::Statement same(db, "SELECT 1 FROM label WHERE feature=? AND source=2 AND text=?");
        for (const auto& [key, text, test] : tests) {
            same.bind(1, key.rowid());
            same.bind(2, text);
            if (same.executeStep())
                putTest(put, key, LabelSource::Person, test);
            same.reset();
        }
        return {};
    });
}

bool WorkspaceReader::knowsLabelTests()
{
    // A writer may add the table meanwhile, nobody takes it away.
    m_knowsLabelTests = m_knowsLabelTests || m_database->connection().tableExists("label_test");
    return m_knowsLabelTests;
}

Result<std::optional<double>> WorkspaceReader::labelScore(FeatureKey key, LabelSource source)
{
    return m_database->run([&](SQLite::Database&) -> Result<std::optional<double>> {
        if (!knowsLabelTests())
            return std::nullopt;
        const Rewound query(statement("SELECT score FROM label_test WHERE feature=? AND source=?"));
        query->bind(1, key.rowid());
        query->bind(2, static_cast<int>(source));
        return query->executeStep() ? numberOf(query->getColumn(0)) : std::nullopt;
    });
}

Result<std::optional<StoredLabelTest>> WorkspaceReader::labelTest(
    FeatureKey key, LabelSource source)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::optional<StoredLabelTest>> {
        if (!knowsLabelTests())
            return std::nullopt;
        SQLite::Statement query(db,
            "SELECT score, bar, rule, says, evidence FROM label_test WHERE feature=? AND source=?");
        query.bind(1, key.rowid());
        query.bind(2, static_cast<int>(source));
        if (!query.executeStep())
            return std::nullopt;
        return StoredLabelTest{numberOf(query.getColumn(0)), numberOf(query.getColumn(1)),
            query.getColumn(2).getString(), query.getColumn(3).getString(),
            query.getColumn(4).getString()};
    });
}

Result<std::map<FeatureId, double>> WorkspaceReader::personScores(std::int32_t dictionary)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::map<FeatureId, double>> {
        std::map<FeatureId, double> scores;
        if (!knowsLabelTests())
            return scores;
        SQLite::Statement query(db,
            "SELECT feature, score FROM label_test WHERE feature BETWEEN ? AND ? AND source=2 AND "
            "score IS NOT NULL");
        bindRange(query, dictionary);
        while (query.executeStep())
            scores.emplace(FeatureKey::fromRowid(query.getColumn(0).getInt64()).feature,
                query.getColumn(1).getDouble());
        return scores;
    });
}

Result<std::vector<LabelVersion>> WorkspaceReader::labelVersions(FeatureKey key)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::vector<LabelVersion>> {
        std::vector<LabelVersion> versions;
        if (!db.tableExists("label_version"))
            return versions;
        SQLite::Statement query(db,
            "SELECT text, source, score, at FROM label_version WHERE feature=? "
            "ORDER BY at DESC, id DESC");
        query.bind(1, key.rowid());
        while (query.executeStep())
            versions.push_back({query.getColumn(0).getString(),
                query.getColumn(1).getInt() == static_cast<int>(LabelSource::Person)
                    ? LabelSource::Person
                    : LabelSource::Suggested,
                numberOf(query.getColumn(2)), query.getColumn(3).getString()});
        return versions;
    });
}

Result<std::vector<float>> WorkspaceReader::shuffledScores(std::int32_t dictionary)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::vector<float>> {
        if (!db.tableExists("label_shuffle"))
            return std::vector<float>();
        SQLite::Statement query(db, "SELECT quantiles FROM label_shuffle WHERE dictionary=?");
        query.bind(1, dictionary);
        if (!query.executeStep() || blobOf(query.getColumn(0)).empty())
            return std::vector<float>();
        constexpr std::size_t kQuantiles = 101;
        return decodeColumn(blobOf(query.getColumn(0)), kQuantiles,
            m_database->name() + ": the scores of shuffled features");
    });
}

Result<std::int64_t> WorkspaceReader::suggestedCount(std::int32_t dictionary)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::int64_t> {
        SQLite::Statement query(db,
            "SELECT count(*) FROM label WHERE feature BETWEEN ? AND ? AND source=1 AND text<>''");
        bindRange(query, dictionary);
        query.executeStep();
        return query.getColumn(0).getInt64();
    });
}

Result<std::string> WorkspaceReader::contrast(std::int32_t dictionary)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::string> {
        if (!db.tableExists("contrast"))
            return std::string();
        SQLite::Statement query(db, "SELECT fires FROM contrast WHERE dictionary=?");
        query.bind(1, dictionary);
        return query.executeStep() ? std::string(blobOf(query.getColumn(0))) : std::string();
    });
}

Result<std::vector<Passage>> WorkspaceReader::passages(std::int32_t corpus, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::vector<Passage>> {
            SQLite::Statement query(db,
                "SELECT passage.id, passage.tokens, passage.text FROM corpus JOIN passage ON "
                "passage.id>=first_passage AND passage.id<first_passage+passages "
                "WHERE corpus.id=? ORDER BY passage.id");
            query.bind(1, corpus);
            std::vector<Passage> all;
            while (query.executeStep()) {
                auto passage = readPassage(query, m_database->name());
                if (!passage)
                    return fail(passage.error());
                all.push_back(std::move(*passage));
            }
            return all;
        },
        stop);
}

Result<std::vector<PassageSamples>> WorkspaceReader::allSamples(
    std::int32_t dictionary, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::vector<PassageSamples>> {
            SQLite::Statement query(
                db, "SELECT passage, data FROM passage_sample WHERE dictionary=? ORDER BY passage");
            query.bind(1, dictionary);
            std::vector<PassageSamples> all;
            while (query.executeStep()) {
                const std::int64_t passage = query.getColumn(0).getInt64();
                auto samples = decodeSamples(blobOf(query.getColumn(1)),
                    m_database->name() + ": the samples of passage " + std::to_string(passage));
                if (!samples)
                    return fail(samples.error());
                all.push_back({passage, std::move(*samples)});
            }
            return all;
        },
        stop);
}

} // namespace core
