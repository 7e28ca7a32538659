#include "core/store/sql_rows.h"

#include "core/store/feature_blobs.h"

namespace core {

std::string_view blobOf(const SQLite::Column& column)
{
    const auto* data = static_cast<const char*>(column.getBlob());
    return data ? std::string_view(data, static_cast<std::size_t>(column.getBytes()))
                : std::string_view();
}

std::string readMeta(SQLite::Database& db, const std::string& key)
{
    SQLite::Statement query(db, "SELECT value FROM meta WHERE key=?");
    query.bind(1, key);
    return query.executeStep() ? query.getColumn(0).getString() : std::string();
}

void countHarvest(SQLite::Database& db)
{
    db.exec("INSERT INTO meta VALUES('harvests', '1') "
            "ON CONFLICT(key) DO UPDATE SET value=CAST(value AS INTEGER)+1");
}

Result<std::vector<StoredDictionary>> readDictionaries(
    SQLite::Database& db, const std::string& where, const std::string& value)
{
    SQLite::Statement query(db,
        "SELECT id, name, path, weights_hash, hook, layer, d_sae, is_transcoder, "
        "harvested_tokens, corpus FROM dictionary "
            + where);
    if (query.getBindParameterCount() > 0)
        query.bind(1, value);
    std::vector<StoredDictionary> dictionaries;
    while (query.executeStep()) {
        StoredDictionary dictionary;
        dictionary.id = query.getColumn(0).getInt();
        dictionary.name = query.getColumn(1).getString();
        dictionary.path = query.getColumn(2).getString();
        dictionary.weightsHash = query.getColumn(3).getString();
        dictionary.hook = query.getColumn(4).getString();
        dictionary.layer = Layer(query.getColumn(5).getInt());
        dictionary.d_sae = query.getColumn(6).getInt64();
        dictionary.isTranscoder = query.getColumn(7).getInt() != 0;
        dictionary.harvestedTokens = query.getColumn(8).getInt64();
        dictionary.corpus = query.getColumn(9).getInt();
        constexpr std::int64_t kMostFeatures
            = 1'000'000'000; // A larger number is damage; a column would not fit.
        if (dictionary.d_sae < 0 || dictionary.d_sae > kMostFeatures)
            return fail(Error::Code::InvalidFile,
                db.getFilename() + ": dictionary `" + dictionary.name + "` claims "
                    + std::to_string(dictionary.d_sae)
                    + " features; the workspace is damaged. "
                      "Harvest again into a new one.");
        dictionaries.push_back(std::move(dictionary));
    }
    return dictionaries;
}

std::optional<std::string> readWordVectors(SQLite::Database& db, std::int32_t corpus)
{
    if (!db.tableExists("word_vectors"))
        return std::nullopt;
    SQLite::Statement query(db, "SELECT data FROM word_vectors WHERE corpus=?");
    query.bind(1, corpus);
    if (!query.executeStep())
        return std::nullopt;
    return std::string(blobOf(query.getColumn(0)));
}

Result<Passage> readPassage(SQLite::Statement& row, const std::string& file)
{
    Passage passage;
    passage.id = row.getColumn(0).getInt64();
    passage.text = row.getColumn(2).getString();
    auto tokens
        = decodeTokens(blobOf(row.getColumn(1)), file + ": passage " + std::to_string(passage.id));
    if (!tokens)
        return fail(tokens.error());
    passage.tokens = std::move(*tokens);
    return passage;
}

Label labelOf(SQLite::Statement& row, int column)
{
    const int source = row.getColumn(column + 2).getInt();
    return {row.getColumn(column).getString(), row.getColumn(column + 1).getString(),
        source == int(LabelSource::Person) ? LabelSource::Person : LabelSource::Suggested};
}

void layOver(Label& shown, Label row)
{
    if (row.source == LabelSource::Person && row.text.empty())
        shown.notes = std::move(row.notes);
    else
        shown = std::move(row);
}

Label readLabel(SQLite::Statement& rows, FeatureKey key)
{
    rows.bind(1, key.rowid());
    Label shown;
    while (rows.executeStep())
        layOver(shown, labelOf(rows, 0));
    return shown;
}

Label readLabel(SQLite::Database& db, FeatureKey key)
{
    SQLite::Statement rows(db, kLabelRows);
    return readLabel(rows, key);
}

std::vector<std::pair<std::string, std::vector<float>*>> columnsByName(FeatureColumns& columns)
{
    return {{"density", &columns.density}, {"max", &columns.max}, {"mean", &columns.mean},
        {"samples", &columns.samples}, {kOutputScoreColumn, &columns.outputScore},
        {kLabelScoreColumn, &columns.labelScore}};
}

bool mayBeMissing(const std::string& statistic)
{
    return statistic == kOutputScoreColumn || statistic == kLabelScoreColumn || statistic == kMapX
        || statistic == kMapY;
}

} // namespace core
