#include "core/store/feature_blobs.h"
#include "core/store/sql_rows.h"
#include "core/store/workspace_reader.h"

#include <algorithm>

// One number a feature; the rest of the reader is in workspace_reader.cpp.
namespace core {

namespace {

bool isListed(const std::string& statistic)
{
    return statistic == "density" || statistic == "max" || statistic == kOutputScoreColumn;
}

} // namespace

SQLite::Statement& WorkspaceReader::statement(const char* sql)
{
    auto& kept = m_statements[sql];
    if (!kept)
        kept = std::make_unique<SQLite::Statement>(m_database->connection(), sql);
    return *kept;
}

std::string WorkspaceReader::harvestNumber()
{
    if (m_snapshotHarvest)
        return *m_snapshotHarvest;
    const Rewound query(statement("SELECT value FROM meta WHERE key='harvests'"));
    std::string number = query->executeStep() ? query->getColumn(0).getString() : std::string();
    if (m_isInTransaction)
        m_snapshotHarvest = number;
    return number;
}

Result<FeatureColumn> WorkspaceReader::column(
    const StoredDictionary& dictionary, const std::string& statistic)
{
    return m_database->run([&](SQLite::Database&) -> Result<FeatureColumn> {
        if (std::string harvest = harvestNumber(); harvest != m_columnsHarvest) {
            m_columns.clear();
            m_mostSamples.clear();
            m_columnsHarvest = std::move(harvest);
        }
        CachedColumn& known = m_columns[{dictionary.id, statistic}];
        if (FeatureColumn held = known.held.lock())
            return held;
        const Rewound query(
            statement("SELECT data FROM feature_column WHERE dictionary=? AND statistic=?"));
        query->bind(1, dictionary.id);
        query->bind(2, statistic);
        const auto size = static_cast<std::size_t>(dictionary.d_sae);
        auto values = std::make_shared<std::vector<float>>();
        if (query->executeStep()) {
            auto decoded = decodeColumn(blobOf(query->getColumn(0)), size,
                m_database->name() + ": the column `" + statistic + "` of " + dictionary.name);
            if (!decoded)
                return fail(decoded.error());
            *values = std::move(*decoded);
        } else if (!mayBeMissing(statistic)) { // unknown is not 0
            values->assign(size, 0.0f);
        }
        known.held = values;
        if (isListed(statistic))
            known.kept = values;
        return values;
    });
}

Result<float> WorkspaceReader::mostSamples(const StoredDictionary& dictionary)
{
    const auto samples = [&]() -> Result<FeatureColumn> {
        // Asked for first: it notices a new harvest.
        if (auto density = column(dictionary, "density"); !density)
            return fail(density.error());
        if (m_mostSamples.contains(dictionary.id))
            return FeatureColumn();
        return column(dictionary, "samples");
    }();
    if (!samples)
        return fail(samples.error());
    if (*samples)
        m_mostSamples[dictionary.id] = (*samples)->empty()
            ? 0.0f
            : *std::max_element((*samples)->begin(), (*samples)->end());
    return m_mostSamples[dictionary.id];
}

Result<std::shared_ptr<const FeatureColumns>> WorkspaceReader::columns(
    const StoredDictionary& dictionary)
{
    auto columns = std::make_shared<FeatureColumns>();
    for (const auto& [statistic, values] : columnsByName(*columns)) {
        const auto read = column(dictionary, statistic);
        if (!read)
            return fail(read.error());
        *values = **read;
    }
    return columns;
}

} // namespace core
