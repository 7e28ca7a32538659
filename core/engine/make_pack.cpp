#include "core/api/make_pack.h"

#include "core/engine/packs.h"
#include "core/engine/request_table.h"
#include "core/features/stable_hash.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <fmt/format.h>

namespace core {

namespace {

namespace fs = std::filesystem;

/// Every dictionary lies in the folder, and what the workspace holds was harvested with it.
Result<void> checkHarvests(
    const LoadedModel& model, const fs::path& folder, const fs::path& workspace)
{
    auto reader = WorkspaceReader::open(workspace);
    if (!reader)
        return fail(reader.error());
    for (const auto& dictionary : model.dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        const fs::path inside = fs::weakly_canonical(config.path).lexically_relative(folder);
        if (inside.empty() || *inside.begin() == "..")
            return fail(Error::Code::Unsupported,
                fmt::format("{} lies in {}, not in {}. Copy it there and open it from there.",
                    config.name, config.path.string(), folder.string()));
        const auto stored = (*reader)->dictionary(config.name);
        if (!stored)
            return fail(stored.error());
        if (!*stored || (*stored)->harvestedTokens == 0
            || (*stored)->weightsHash != weightsHash(*dictionary))
            return fail(Error::Code::NotFound,
                fmt::format("{}: it holds no harvest of {}. Harvest it first.", workspace.string(),
                    config.name));
    }
    return {};
}

/// A copy as it is given to others: packed, with what was on this machine's screen left out.
Result<void> copyForOthers(const fs::path& from, const fs::path& to)
{
    std::error_code error;
    fs::path part = to;
    part += ".part";
    fs::remove(part, error);
    auto source = Database::open(from, Database::Access::Read);
    if (!source)
        return fail(source.error());
    auto copied = (*source)->run([&](SQLite::Database& db) -> Result<void> {
        SQLite::Statement copy(db, "VACUUM INTO ?");
        copy.bind(1, part.string());
        copy.exec();
        return {};
    });
    if (copied) {
        auto copy = Database::open(part, Database::Access::Write);
        copied
            = !copy ? fail(copy.error()) : (*copy)->run([](SQLite::Database& db) -> Result<void> {
                  db.exec("UPDATE dictionary SET path = name");
                  db.exec("DELETE FROM harvest_state");
                  db.exec("DROP TABLE IF EXISTS autosave");
                  db.exec("PRAGMA journal_mode = DELETE");
                  db.exec("VACUUM");
                  return {};
              });
    }
    if (copied)
        fs::rename(part, to, error);
    if (copied && !error)
        return {};
    const std::string reason = error.message();
    fs::remove(part, error);
    return copied ? fail(Error::Code::Io,
               to.string() + ": the copy of the workspace could not be put there (" + reason
                   + "). Free some space, or choose another folder.")
                  : copied;
}

} // namespace

Result<MadePack> run(const MakePackRequest& request, const LoadedModel& model, Context& context)
{
    std::error_code error;
    fs::path folder = fs::weakly_canonical(request.folder, error);
    if (!folder.has_filename()) // written with a slash at its end
        folder = folder.parent_path();
    if (error || !fs::is_directory(folder, error))
        return fail(Error::Code::NotFound, request.folder + ": there is no such folder.");
    if (model.dictionaries.empty())
        return fail(Error::Code::NotFound,
            "No dictionary is open to make a pack of. Open those in " + request.folder + " first.");
    const fs::path workspace = context.workspaceNamed(request.workspace);
    if (auto checked = checkHarvests(model, folder, workspace); !checked)
        return fail(checked.error());
    const Pack pack{folder, folder.filename().string()};
    if (auto copied = copyForOthers(workspace, pack.workspace()); !copied)
        return fail(copied.error());
    if (auto written = writePackAbout(folder,
            {model.info.name, normsHash(*model.transformer), request.licence, request.about});
        !written)
        return fail(written.error());
    MadePack made{folder.string(), std::ssize(model.dictionaries), 0};
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        if (entry.is_regular_file(error))
            made.bytes += static_cast<std::int64_t>(entry.file_size(error));
    return made;
}

const Handles<MakePackRequest> kMakePack(Runs::InBackground, run);

} // namespace core
