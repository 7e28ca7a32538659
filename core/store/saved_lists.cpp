#include "core/store/sql_rows.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <algorithm>
#include <map>

// Lists of features; the rest of reader and writer is in the files of their names.
namespace core {

namespace {

// Made with the first list, so that a workspace without one stays as older programs wrote it; they
// do not look at these tables, and the schema's version stays.
constexpr const char* kListTables = R"sql(
CREATE TABLE IF NOT EXISTS saved_list(name TEXT PRIMARY KEY, description TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS saved_list_feature(list TEXT NOT NULL, place INTEGER NOT NULL,
    feature INTEGER NOT NULL, PRIMARY KEY(list, place)) WITHOUT ROWID;
)sql";

void removeList(SQLite::Database& db, const std::string& name)
{
    for (const char* sql :
        {"DELETE FROM saved_list WHERE name=?", "DELETE FROM saved_list_feature WHERE list=?"}) {
        SQLite::Statement remove(db, sql);
        remove.bind(1, name);
        remove.exec();
    }
}

bool hasList(SQLite::Database& db, const std::string& name)
{
    SQLite::Statement query(db, "SELECT 1 FROM saved_list WHERE name=?");
    query.bind(1, name);
    return query.executeStep();
}

Result<std::vector<std::int64_t>> rowidsOf(SQLite::Database& db, const SavedList& list)
{
    const auto dictionaries = readDictionaries(db, "", {});
    if (!dictionaries)
        return fail(dictionaries.error());
    std::vector<std::int64_t> rowids;
    for (const FeatureRef& feature : list.features) {
        const auto found = std::find_if(dictionaries->begin(), dictionaries->end(),
            [&](const StoredDictionary& one) { return one.name == feature.dictionary; });
        if (found == dictionaries->end() || !feature.feature.isValid()
            || feature.feature.value >= found->d_sae)
            return fail(Error::Code::NotFound,
                "List `" + list.name + "`: the workspace knows no feature "
                    + std::to_string(feature.feature.value) + " of `" + feature.dictionary
                    + "`. Open its dictionary first.");
        const std::int64_t rowid = FeatureKey{found->id, feature.feature}.rowid();
        if (std::find(rowids.begin(), rowids.end(), rowid) == rowids.end())
            rowids.push_back(rowid);
    }
    return rowids;
}

} // namespace

Result<std::vector<SavedList>> WorkspaceReader::savedLists()
{
    return m_database->run([](SQLite::Database& db) -> Result<std::vector<SavedList>> {
        std::vector<SavedList> lists;
        if (!db.tableExists("saved_list"))
            return lists;
        SQLite::Statement names(db, "SELECT name, description FROM saved_list ORDER BY name");
        std::map<std::string, std::size_t> byName;
        while (names.executeStep()) {
            byName[names.getColumn(0).getString()] = lists.size();
            lists.push_back({names.getColumn(0).getString(), names.getColumn(1).getString(), {}});
        }
        SQLite::Statement features(db,
            "SELECT list, feature, dictionary.name FROM saved_list_feature "
            "JOIN dictionary ON dictionary.id=(feature>>32) ORDER BY list, place");
        while (features.executeStep())
            if (const auto found = byName.find(features.getColumn(0).getString());
                found != byName.end())
                lists[found->second].features.push_back({features.getColumn(2).getString(),
                    FeatureKey::fromRowid(features.getColumn(1).getInt64()).feature});
        return lists;
    });
}

Result<std::map<FeatureId, std::string>> WorkspaceReader::promotedTexts(
    std::int32_t dictionary, std::stop_token stop)
{
    return m_database->run(
        [&](SQLite::Database& db) -> Result<std::map<FeatureId, std::string>> {
            SQLite::Statement query(db,
                "SELECT id, promoted FROM feature_text "
                "WHERE promoted<>'' AND id BETWEEN ? AND ? ORDER BY id");
            query.bind(1, FeatureKey{dictionary, FeatureId(0)}.rowid());
            query.bind(2, FeatureKey{dictionary, FeatureId(-1)}.rowid());
            std::map<FeatureId, std::string> texts;
            while (query.executeStep())
                texts.emplace_hint(texts.end(),
                    FeatureKey::fromRowid(query.getColumn(0).getInt64()).feature,
                    query.getColumn(1).getString());
            return texts;
        },
        stop);
}

Result<void> WorkspaceWriter::setSavedList(
    const std::string& name, const std::optional<SavedList>& after)
{
    if (after && after->name.empty())
        return fail(Error::Code::Unsupported, "A list needs a name. Type one.");
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        db.exec(kListTables);
        if (after && after->name != name && hasList(db, after->name))
            return fail(Error::Code::Unsupported,
                "There is a list called `" + after->name + "` already. Choose another name.");
        removeList(db, name);
        if (!after)
            return {};
        const auto rowids = rowidsOf(db, *after);
        if (!rowids)
            return fail(rowids.error());
        SQLite::Statement put(db, "INSERT INTO saved_list VALUES(?,?)");
        put.bind(1, after->name);
        put.bind(2, after->description);
        put.exec();
        SQLite::Statement add(db, "INSERT INTO saved_list_feature VALUES(?,?,?)");
        for (std::size_t place = 0; place < rowids->size(); ++place) {
            add.bind(1, after->name);
            add.bind(2, static_cast<std::int64_t>(place));
            add.bind(3, (*rowids)[place]);
            add.exec();
            add.reset();
        }
        return {};
    });
}

} // namespace core
