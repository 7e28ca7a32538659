#include "core/store/feature_blobs.h"
#include "core/store/sql_rows.h"
#include "core/store/workspace_reader.h"

// What a search reads; the rest of the reader is in workspace_reader.cpp.
namespace core {

namespace {

FeatureTextHit textHitOf(SQLite::Statement& row)
{
    return {FeatureKey::fromRowid(row.getColumn(0).getInt64()), row.getColumn(1).getString(),
        row.getColumn(2).getString(), row.getColumn(3).getString()};
}

} // namespace

Result<std::vector<std::int64_t>> WorkspaceReader::matchPassageIds(
    const std::string& query, std::int32_t corpus, int limit, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database&) -> Result<std::vector<std::int64_t>> {
            std::vector<std::int64_t> ids;
            if (query.empty())
                return ids;
            const Rewound match(statement(
                "SELECT passage_search.rowid FROM corpus, passage_search "
                "WHERE corpus.id=?1 AND passage_search MATCH ?2 "
                "AND passage_search.rowid>=corpus.first_passage "
                "AND passage_search.rowid<corpus.first_passage+corpus.passages LIMIT ?3"));
            match->bind(1, corpus);
            match->bind(2, query);
            match->bind(3, limit);
            while (match->executeStep())
                ids.push_back(match->getColumn(0).getInt64());
            return ids;
        },
        stop);
}

Result<std::vector<PassageSample>> WorkspaceReader::samples(
    std::int32_t dictionary, std::int64_t passage)
{
    return m_database->run([&](SQLite::Database&) -> Result<std::vector<PassageSample>> {
        const Rewound query(
            statement("SELECT data FROM passage_sample WHERE dictionary=? AND passage=?"));
        query->bind(1, dictionary);
        query->bind(2, passage);
        if (!query->executeStep())
            return std::vector<PassageSample>();
        return decodeSamples(blobOf(query->getColumn(0)),
            m_database->name() + ": the samples of passage " + std::to_string(passage));
    });
}

std::vector<FeatureKey> WorkspaceReader::firstOfEach(const char* sql, const std::string& query,
    const std::set<std::int32_t>& dictionaries, int limit)
{
    std::vector<FeatureKey> keys;
    if (query.empty() || dictionaries.empty() || limit <= 0)
        return keys;
    const Rewound match(statement(sql));
    // One walk for all: the index looks at the last row only where it hits, so that a query for
    // one dictionary alone goes on to the next hit, wherever that is.
    std::int64_t from = FeatureKey{*dictionaries.begin(), FeatureId(0)}.rowid();
    const std::int64_t last = FeatureKey{*dictionaries.rbegin(), FeatureId(-1)}.rowid();
    FeatureKey at{-1, FeatureId(0)};
    int taken = 0; // of its dictionary
    for (;;) {
        match->tryReset();
        match->bind(1, query);
        match->bind(2, from);
        match->bind(3, last);
        match->bind(4, limit);
        int found = 0;
        for (; match->executeStep(); ++found) {
            const auto key = FeatureKey::fromRowid(match->getColumn(0).getInt64());
            taken = key.dictionary == at.dictionary ? taken : 0;
            at = key;
            if (taken < limit && dictionaries.contains(key.dictionary)) {
                keys.push_back(key);
                ++taken;
            }
        }
        if (found < limit)
            return keys;
        from = at.rowid() + 1;
        if (taken < limit && dictionaries.contains(at.dictionary))
            continue;
        const auto next = dictionaries.upper_bound(at.dictionary);
        if (next == dictionaries.end())
            return keys;
        from = FeatureKey{*next, FeatureId(0)}.rowid();
    }
}

Result<std::vector<FeatureKey>> WorkspaceReader::matchFeatures(const std::string& query,
    const std::set<std::int32_t>& dictionaries, int limit, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database&) -> Result<std::vector<FeatureKey>> {
            return firstOfEach("SELECT rowid FROM feature_search WHERE feature_search MATCH ?1 "
                               "AND rowid BETWEEN ?2 AND ?3 LIMIT ?4",
                query, dictionaries, limit);
        },
        stop);
}

Result<std::vector<FeatureKey>> WorkspaceReader::matchLabels(const std::string& query,
    const std::set<std::int32_t>& dictionaries, int limit, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::vector<FeatureKey>> {
            if (query.empty())
                return std::vector<FeatureKey>();
            if (!m_hasLabelIndex)
                m_hasLabelIndex = db.tableExists("label_search");
            if (m_hasLabelIndex)
                return firstOfEach("SELECT rowid FROM label_search WHERE label_search MATCH ?1 "
                                   "AND rowid BETWEEN ?2 AND ?3 LIMIT ?4",
                    query, dictionaries, limit);
            std::string inLabel = "label : (";
            inLabel.append(query).append(")");
            return firstOfEach("SELECT rowid FROM feature_search WHERE feature_search MATCH ?1 "
                               "AND rowid BETWEEN ?2 AND ?3 LIMIT ?4",
                inLabel, dictionaries, limit);
        },
        stop);
}

Result<void> WorkspaceReader::eachFeatureText(std::int32_t dictionary,
    const std::function<void(const FeatureTextHit&)>& with, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database&) -> Result<void> {
            const Rewound query(statement("SELECT id, label, promoted, words FROM feature_text "
                                          "WHERE id BETWEEN ? AND ? ORDER BY id"));
            query->bind(1, FeatureKey{dictionary, FeatureId(0)}.rowid());
            query->bind(2, FeatureKey{dictionary, FeatureId(-1)}.rowid());
            while (query->executeStep())
                with(textHitOf(*query));
            return {};
        },
        stop);
}

Result<std::vector<FeatureTextHit>> WorkspaceReader::featureTexts(
    const std::vector<FeatureKey>& keys, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database&) -> Result<std::vector<FeatureTextHit>> {
            std::vector<FeatureTextHit> texts;
            const Rewound query(
                statement("SELECT id, label, promoted, words FROM feature_text WHERE id=?"));
            for (const FeatureKey& key : keys) {
                query->tryReset();
                query->bind(1, key.rowid());
                if (query->executeStep())
                    texts.push_back(textHitOf(*query));
            }
            return texts;
        },
        stop);
}

Result<std::optional<std::string>> WorkspaceReader::wordVectors(std::int32_t corpus)
{
    return m_database->run([&](SQLite::Database& db) -> Result<std::optional<std::string>> {
        return readWordVectors(db, corpus);
    });
}

Result<std::vector<WordFeature>> WorkspaceReader::wordFeatures(
    std::int32_t dictionary, std::int32_t word, std::size_t most)
{
    return m_database->run([&](SQLite::Database&) -> Result<std::vector<WordFeature>> {
        const Rewound query(
            statement("SELECT features FROM word_features WHERE word=? AND dictionary=?"));
        query->bind(1, word);
        query->bind(2, dictionary);
        if (!query->executeStep())
            return std::vector<WordFeature>();
        return decodeWordFeatures(blobOf(query->getColumn(0)), most,
            m_database->name() + ": the features of word " + std::to_string(word));
    });
}

} // namespace core
