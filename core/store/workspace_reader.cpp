#include "core/store/workspace_reader.h"

#include "core/store/feature_blobs.h"
#include "core/store/schema.h"
#include "core/store/sql_rows.h"

#include <cctype>

namespace core {

std::string fullTextQuery(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    const auto flush = [&] {
        if (!word.empty())
            words.push_back(std::exchange(word, {}));
    };
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || byte >= 0x80)
            word += c;
        else
            flush();
    }
    flush();
    std::string query;
    constexpr std::size_t kShortestBeginning = 3; // A shorter one matches far too much.
    for (std::size_t i = 0; i < words.size(); ++i) {
        query += (i ? " AND \"" : "\"") + words[i] + "\"";
        if (i + 1 == words.size() && words[i].size() >= kShortestBeginning)
            query += "*";
    }
    return query;
}

Result<std::unique_ptr<WorkspaceReader>> WorkspaceReader::open(const std::filesystem::path& path)
{
    auto database = Database::open(path, Database::Access::Read);
    if (!database)
        return fail(database.error());
    if (auto known = checkSchema(**database); !known)
        return fail(known.error());
    return std::unique_ptr<WorkspaceReader>(new WorkspaceReader(std::move(*database)));
}

WorkspaceReader::Snapshot::Snapshot(WorkspaceReader& reader)
    : m_reader(reader)
{
    if (m_reader.m_snapshots++ > 0 || m_reader.m_isInTransaction)
        return;
    const auto begun = m_reader.m_database->run([&](SQLite::Database&) -> Result<void> {
        Rewound(m_reader.statement("BEGIN"))->exec();
        return {};
    });
    m_reader.m_isInTransaction = begun.has_value(); // without one it only takes longer
}

WorkspaceReader::Snapshot::~Snapshot()
{
    if (--m_reader.m_snapshots > 0)
        return;
    m_reader.m_snapshotHarvest.reset();
    if (!m_reader.m_isInTransaction)
        return;
    const auto ended = m_reader.m_database->run([&](SQLite::Database&) -> Result<void> {
        Rewound(m_reader.statement("COMMIT"))->exec();
        return {};
    });
    m_reader.m_isInTransaction = !ended; // else the next one ends it
}

Result<std::vector<StoredDictionary>> WorkspaceReader::dictionaries()
{
    return m_database->run(
        [](SQLite::Database& db) { return readDictionaries(db, "ORDER BY layer, name", {}); });
}

Result<std::optional<StoredDictionary>> WorkspaceReader::dictionary(const std::string& name)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::optional<StoredDictionary>> {
        const auto found = readDictionaries(db, "WHERE name=?", name);
        if (!found)
            return fail(found.error());
        return found->empty() ? std::nullopt : std::optional(found->front());
    });
}

std::string WorkspaceReader::nameOf(FeatureKey key) const
{
    return m_database->name() + ": what is stored of feature " + std::to_string(key.feature.value)
        + " of dictionary " + std::to_string(key.dictionary);
}

Result<std::string> WorkspaceReader::blob(const char* sql, std::int64_t id)
{
    return m_database->run([&](SQLite::Database&) -> Result<std::string> {
        const Rewound query(statement(sql));
        query->bind(1, id);
        if (!query->executeStep())
            return std::string();
        return std::string(blobOf(query->getColumn(0)));
    });
}

Result<FeatureEvidence> WorkspaceReader::evidence(FeatureKey key)
{
    const auto bytes = blob("SELECT evidence FROM feature_evidence WHERE id=?", key.rowid());
    if (!bytes)
        return fail(bytes.error());
    return bytes->empty() ? FeatureEvidence() : decodeEvidence(*bytes, nameOf(key));
}

Result<StoredEffects> WorkspaceReader::effects(FeatureKey key)
{
    const auto bytes = blob("SELECT effects FROM feature_evidence WHERE id=?", key.rowid());
    if (!bytes)
        return fail(bytes.error());
    return bytes->empty() ? StoredEffects() : decodeEffects(*bytes, nameOf(key));
}

Result<StoredEffects> WorkspaceReader::raised(FeatureKey key)
{
    return m_database->run([&](SQLite::Database& db) -> Result<StoredEffects> {
        if (!db.tableExists("feature_raised"))
            return StoredEffects();
        const Rewound query(statement("SELECT effects FROM feature_raised WHERE id=?"));
        query->bind(1, key.rowid());
        return query->executeStep() ? decodeEffects(blobOf(query->getColumn(0)), nameOf(key))
                                    : StoredEffects();
    });
}

Result<StoredNearest> WorkspaceReader::nearest(FeatureKey key)
{
    const auto bytes = blob("SELECT nearest FROM feature_evidence WHERE id=?", key.rowid());
    if (!bytes)
        return fail(bytes.error());
    return bytes->empty() ? StoredNearest() : decodeNearest(*bytes, nameOf(key));
}

Result<std::optional<StoredNearest>> WorkspaceReader::cofiring(FeatureKey key)
{
    using Answer = Result<std::optional<StoredNearest>>;
    return m_database->run([&](SQLite::Database& db) -> Answer {
        if (!db.tableExists("feature_cofiring"))
            return std::nullopt;
        const Rewound query(statement("SELECT cofiring FROM feature_cofiring WHERE id=?"));
        query->bind(1, key.rowid());
        if (!query->executeStep())
            return std::nullopt;
        auto found = decodeNearest(blobOf(query->getColumn(0)), nameOf(key));
        return found ? Answer(std::move(*found)) : Answer(fail(found.error()));
    });
}

Result<Passage> WorkspaceReader::passage(std::int64_t id)
{
    return m_database->run([&](SQLite::Database&) -> Result<Passage> {
        const Rewound query(statement("SELECT id, tokens, text FROM passage WHERE id=?"));
        query->bind(1, id);
        if (!query->executeStep())
            return fail(Error::Code::InvalidFile,
                m_database->name() + ": passage " + std::to_string(id)
                    + " of an example is missing. Harvest the dictionary again.");
        return readPassage(*query, m_database->name());
    });
}

Result<std::shared_ptr<const std::vector<std::string>>> WorkspaceReader::vocabulary()
{
    using Texts = std::shared_ptr<const std::vector<std::string>>;
    return m_database->run([&](SQLite::Database& db) -> Result<Texts> {
        std::string harvest = harvestNumber();
        if (m_vocabulary && harvest == m_vocabularyHarvest)
            return m_vocabulary;
        auto texts = std::make_shared<std::vector<std::string>>();
        SQLite::Statement query(db, "SELECT id, text FROM token ORDER BY id");
        while (query.executeStep()) {
            const std::int64_t id = query.getColumn(0).getInt64();
            constexpr std::int64_t kLargestVocabulary = 10'000'000;
            if (id < 0 || id > kLargestVocabulary)
                continue;
            texts->resize(static_cast<std::size_t>(id) + 1);
            texts->back() = query.getColumn(1).getString();
        }
        m_vocabulary = texts;
        m_vocabularyHarvest = std::move(harvest);
        return m_vocabulary;
    });
}

Result<Label> WorkspaceReader::label(FeatureKey key)
{
    return m_database->run([&](SQLite::Database&) -> Result<Label> {
        const Rewound query(statement(kLabelRows));
        return readLabel(*query, key);
    });
}

Result<std::map<FeatureId, Label>> WorkspaceReader::labels(
    std::int32_t dictionary, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::map<FeatureId, Label>> {
            // By source: a person's comes last.
            SQLite::Statement query(db,
                "SELECT feature, text, notes, source FROM label "
                "WHERE feature BETWEEN ? AND ? ORDER BY feature, source");
            query.bind(1, FeatureKey{dictionary, FeatureId(0)}.rowid());
            query.bind(2, FeatureKey{dictionary, FeatureId(-1)}.rowid());
            std::map<FeatureId, Label> labels;
            while (query.executeStep())
                layOver(labels[FeatureKey::fromRowid(query.getColumn(0).getInt64()).feature],
                    labelOf(query, 1));
            return labels;
        },
        stop);
}

Result<std::int64_t> WorkspaceReader::corpusTokens(std::int32_t corpus)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::int64_t> {
        SQLite::Statement query(db, "SELECT tokens FROM corpus WHERE id=?");
        query.bind(1, corpus);
        return query.executeStep() ? query.getColumn(0).getInt64() : std::int64_t(0);
    });
}

Result<std::vector<Passage>> WorkspaceReader::matchPassages(
    const std::string& query, std::int32_t corpus, int limit, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::vector<Passage>> {
            std::vector<Passage> passages;
            if (query.empty())
                return passages;
            SQLite::Statement match(db,
                "SELECT passage.id, passage.tokens, passage.text FROM corpus, passage_search, "
                "passage "
                "WHERE corpus.id=?1 AND passage_search MATCH ?2 AND "
                "passage.id=passage_search.rowid "
                "AND passage_search.rowid>=corpus.first_passage "
                "AND passage_search.rowid<corpus.first_passage+corpus.passages ORDER BY "
                "passage_search.rowid LIMIT ?3");
            match.bind(1, corpus);
            match.bind(2, query);
            match.bind(3, limit);
            while (match.executeStep()) {
                auto passage = readPassage(match, m_database->name());
                if (!passage)
                    return fail(passage.error());
                passages.push_back(std::move(*passage));
            }
            return passages;
        },
        stop);
}

Result<std::vector<PassageSamples>> WorkspaceReader::samples(
    std::int32_t dictionary, const std::vector<Passage>& passages, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::vector<PassageSamples>> {
            std::vector<PassageSamples> all;
            SQLite::Statement query(
                db, "SELECT data FROM passage_sample WHERE dictionary=? AND passage=?");
            for (const Passage& passage : passages) {
                if (stop.stop_requested())
                    return cancelled();
                query.bind(1, dictionary);
                query.bind(2, passage.id);
                if (query.executeStep()) {
                    auto samples = decodeSamples(blobOf(query.getColumn(0)),
                        m_database->name() + ": the samples of passage "
                            + std::to_string(passage.id));
                    if (!samples)
                        return fail(samples.error());
                    all.push_back({passage.id, std::move(*samples)});
                }
                query.reset();
            }
            return all;
        },
        stop);
}

Result<std::vector<FeatureTextHit>> WorkspaceReader::matchFeatures(
    const std::string& query, int limit, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::vector<FeatureTextHit>> {
            std::vector<FeatureTextHit> hits;
            if (query.empty())
                return hits;
            // Ranking a common word among millions takes seconds (docs/performance.md section 6):
            // rank only a bounded set.
            SQLite::Statement match(db,
                "SELECT id, label, promoted, words FROM feature_text JOIN "
                "(SELECT rowid AS hit FROM feature_search WHERE feature_search MATCH ?1 LIMIT ?2) "
                "ON id=hit");
            match.bind(1, query);
            match.bind(2, limit);
            while (match.executeStep())
                hits.push_back({FeatureKey::fromRowid(match.getColumn(0).getInt64()),
                    match.getColumn(1).getString(), match.getColumn(2).getString(),
                    match.getColumn(3).getString()});
            return hits;
        },
        stop);
}

Result<void> WorkspaceReader::check()
{
    return m_database->checkIntegrity();
}

} // namespace core
