#include "core/store/shipped_workspace.h"

#include "core/store/autosaves.h"
#include "core/store/schema.h"
#include "core/store/sql_rows.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

namespace core {

namespace {

/// Which harvest a workspace comes from. A copy keeps its origin whatever is written into it.
Result<std::string> originOf(const std::filesystem::path& path)
{
    auto database = Database::open(path, Database::Access::Read);
    if (!database)
        return fail(database.error());
    if (auto known = checkSchema(**database); !known)
        return fail(known.error());
    return (*database)->run(
        [](SQLite::Database& db) -> Result<std::string> { return readMeta(db, "origin"); });
}

Result<void> copyWhole(const std::filesystem::path& from, const std::filesystem::path& to)
{
    std::filesystem::path temporary = to;
    temporary += ".part";
    std::error_code error;
    std::filesystem::copy_file(
        from, temporary, std::filesystem::copy_options::overwrite_existing, error);
    if (!error)
        std::filesystem::permissions(temporary, std::filesystem::perms::owner_write,
            std::filesystem::perm_options::add, error);
    if (!error)
        std::filesystem::rename(temporary, to, error);
    if (error) {
        const std::string reason = error.message();
        std::filesystem::remove(temporary, error);
        return fail(Error::Code::Io,
            to.string() + ": the workspace could not be copied there (" + reason
                + "). Free some space, or choose another data folder.");
    }
    return {};
}

Result<void> carryOver(const std::filesystem::path& from, const std::filesystem::path& to)
{
    auto older = WorkspaceWriter::open(from);
    if (!older)
        return fail(older.error());
    auto newer = WorkspaceWriter::open(to);
    if (!newer)
        return fail(newer.error());
    const auto labels = (*older)->personLabels();
    if (!labels)
        return fail(labels.error());
    const auto hashes = [](WorkspaceWriter& workspace) {
        return workspace.database().run(
            [](SQLite::Database& db) { return readDictionaries(db, "", {}); });
    };
    const auto before = hashes(**older), after = hashes(**newer);
    if (!before || !after)
        return fail(before ? after.error() : before.error());
    const auto fits = [&](const FeatureRef& feature) {
        for (const StoredDictionary& a : *before)
            for (const StoredDictionary& b : *after)
                if (a.name == feature.dictionary && b.name == a.name
                    && a.weightsHash == b.weightsHash)
                    return true;
        return false;
    };
    std::vector<LabelRecord> fitting;
    for (const LabelRecord& record : *labels)
        if (fits(record.feature))
            fitting.push_back(record);
    const auto carried = (*newer)->importLabels(fitting);
    if (!carried)
        return fail(carried.error());
    auto reader = WorkspaceReader::open(from);
    if (!reader)
        return fail(reader.error());
    auto lists = (*reader)->savedLists();
    if (!lists)
        return fail(lists.error());
    for (SavedList& list : *lists) {
        std::erase_if(list.features, [&](const FeatureRef& feature) { return !fits(feature); });
        if (auto put = (*newer)->setSavedList(list.name, list); !put)
            return put;
    }
    const auto work = newestAutosave((*older)->database());
    if (!work)
        return fail(work.error());
    return *work ? putAutosave((*newer)->database(), "carried over", **work) : Result<void>();
}

} // namespace

Result<std::filesystem::path> openOrCopy(
    const std::filesystem::path& shipped, const std::filesystem::path& dataFolder)
{
    const auto origin = originOf(shipped);
    if (!origin)
        return fail(origin.error());
    std::error_code error;
    std::filesystem::create_directories(dataFolder, error);
    if (error)
        return fail(Error::Code::Io,
            dataFolder.string() + ": the data folder could not be made (" + error.message()
                + "). Choose another.");
    const std::filesystem::path own = dataFolder / shipped.filename();
    if (!std::filesystem::exists(own, error)) {
        if (auto copied = copyWhole(shipped, own); !copied)
            return fail(copied.error());
        return own;
    }
    const auto ownOrigin = originOf(own);
    if (!ownOrigin)
        return fail(ownOrigin.error());
    if (*ownOrigin == *origin)
        return own;

    std::filesystem::path fresh = own;
    fresh += ".new";
    if (auto copied = copyWhole(shipped, fresh); !copied)
        return fail(copied.error());
    if (auto carried = carryOver(own, fresh); !carried)
        return fail(carried.error());
    std::filesystem::path before = own;
    before += ".before";
    std::filesystem::rename(own, before, error);
    if (!error)
        std::filesystem::rename(fresh, own, error);
    if (error)
        return fail(Error::Code::Io,
            own.string() + ": the newer shipped workspace could not be put in its place ("
                + error.message() + "). The older one is " + before.string() + ".");
    return own;
}

} // namespace core
