#include "core/store/feature_blobs.h"
#include "core/store/sql_rows.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

// The map of features in a workspace: two columns a dictionary and a sentence.
namespace core {

namespace {

constexpr const char* kMapMethod = "feature_map";

} // namespace

Result<void> WorkspaceWriter::putFeatureMap(
    const std::vector<StoredMap>& maps, const std::string& method)
{
    return m_database->change([&](SQLite::Database& db) -> Result<void> {
        // Places of another map mean nothing beside these.
        db.exec("DELETE FROM feature_column WHERE statistic IN ('map_x', 'map_y')");
        SQLite::Statement put(db, "INSERT INTO feature_column VALUES(?,?,?)");
        for (const StoredMap& map : maps) {
            const auto known = readDictionaries(db, "WHERE name=?", map.dictionary);
            if (!known)
                return fail(known.error());
            if (known->empty() || known->front().weightsHash != map.weightsHash
                || static_cast<std::size_t>(known->front().d_sae) != map.x.size()
                || map.x.size() != map.y.size())
                return fail(Error::Code::Unsupported,
                    m_database->name() + ": `" + map.dictionary
                        + "` is not there with these weights. Harvest it again.");
            const std::pair<const char*, const std::vector<float>*> columns[]
                = {{kMapX, &map.x}, {kMapY, &map.y}};
            for (const auto& [name, values] : columns) {
                const std::string bytes = encodeColumn(*values);
                put.bind(1, known->front().id);
                put.bind(2, name);
                put.bindNoCopy(
                    3, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
                put.exec();
                put.reset();
            }
        }
        SQLite::Statement say(db, "INSERT OR REPLACE INTO meta VALUES(?,?)");
        say.bind(1, kMapMethod);
        say.bindNoCopy(2, method);
        say.exec();
        countHarvest(db); // who reads columns notices
        return {};
    });
}

Result<std::string> WorkspaceReader::mapMethod()
{
    return m_database->run(
        [](SQLite::Database& db) -> Result<std::string> { return readMeta(db, kMapMethod); });
}

} // namespace core
