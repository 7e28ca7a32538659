#include "core/api/session_files.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/request_table.h"
#include "core/files/atomic_write.h"
#include "core/files/mapped_file.h"
#include "core/session/file_hash.h"
#include "core/session/session_json.h"
#include "core/store/autosaves.h"

#include <map>
#include <set>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuiltinPrefix = "builtin:";

/// Where a path of a session, as a person writes it, lies on this machine.
fs::path placeOf(const std::string& path, const std::string& resources)
{
    if (path == "builtin")
        return builtinPaths(resources).model();
    if (!path.starts_with(kBuiltinPrefix))
        return path;
    fs::path place = builtinPaths(resources).folder / path.substr(kBuiltinPrefix.size());
    std::error_code ignored; // a dictionary's name is its file's without the ending
    return fs::exists(place, ignored) ? place : place.replace_extension(".safetensors");
}

bool isBuiltin(const std::string& path)
{
    return path == "builtin" || path.starts_with(kBuiltinPrefix);
}

/// As the file says, or beside the file under its own name or the last two of its path.
std::string foundPath(const std::string& path, const fs::path& beside)
{
    std::error_code ignored;
    if (path.empty() || isBuiltin(path) || fs::exists(path, ignored))
        return path;
    const fs::path name = fs::path(path).lexically_normal();
    for (const fs::path& tail : {name.parent_path().filename() / name.filename(), name.filename()})
        if (!tail.empty() && fs::exists(beside / tail, ignored))
            return (beside / tail).string();
    return {};
}

Result<void> findModel(const ReadSessionRequest& request, OpenedSession& opened)
{
    SavedModel& model = opened.session.model;
    const fs::path beside = fs::absolute(request.path).parent_path();
    if (!request.model.empty())
        model.path = request.model;
    else if (std::string path = foundPath(model.path, beside); !path.empty())
        model.path = path;
    else
        return fail(Error::Code::NotFound,
            request.path + ": field `model.path`: the model " + model.name + " is not at "
                + model.path + " and not beside the session. Say where it is.");
    std::vector<SavedDictionary>& dictionaries = opened.session.dictionaries;
    if (!request.dictionaries.empty()) {
        dictionaries.clear();
        for (const std::string& path : request.dictionaries)
            dictionaries.push_back({{}, path, {}});
    }
    for (std::size_t i = 0; i < dictionaries.size(); ++i) {
        SavedDictionary& one = dictionaries[i];
        std::string path = foundPath(one.path, beside);
        if (path.empty())
            return fail(Error::Code::NotFound,
                request.path + ": field `dictionaries[" + std::to_string(i)
                    + "].path`: the dictionary " + one.name + " is not at " + one.path
                    + " and not beside the session. Put it there, or say where it is.");
        one.path = std::move(path);
    }
    return {};
}

/// Says where the hashes are others than when it was saved.
Result<void> holdHashes(OpenedSession& opened, const Context& context)
{
    const std::string& resources = context.bench.options.resources;
    const auto hold = [&](const std::string& what, const std::string& path,
                          const std::string& saved) -> Result<void> {
        if (saved.empty())
            return {};
        const auto now = hashOfFiles(placeOf(path, resources), context.stop);
        if (!now)
            return fail(now.error());
        if (*now != saved)
            opened.notes.push_back("The " + what + " at " + path
                + " is not the one of this session: its files have another hash.");
        return {};
    };
    const SavedModel& model = opened.session.model;
    if (auto held = hold("model " + model.name, model.path, model.hash); !held)
        return held;
    std::set<std::string> seen;
    for (const SavedDictionary& one : opened.session.dictionaries)
        if (seen.insert(one.path).second)
            if (auto held = hold("dictionary " + one.name, one.path, one.hash); !held)
                return held;
    return {};
}

} // namespace

Result<std::string> run(const AutosaveRequest& request, Context& context)
{
    const std::string text = sessionText(*request.session);
    if (context.bench.workspace.path() == request.workspace) {
        const auto writer = context.bench.workspace.writer();
        if (!writer)
            return fail(writer.error());
        if (auto put = putAutosave((*writer)->database(), request.run, text); !put)
            return fail(put.error());
        return request.workspace;
    }
    const auto writer = WorkspaceWriter::open(request.workspace);
    if (!writer)
        return fail(writer.error());
    if (auto put = putAutosave((*writer)->database(), request.run, text); !put)
        return fail(put.error());
    return request.workspace;
}

Result<OpenedSession> run(const ReadAutosaveRequest& request, Context&)
{
    const auto database = Database::open(request.workspace, Database::Access::Read);
    if (!database)
        return fail(database.error());
    const auto text = newestAutosave(**database);
    if (!text)
        return fail(text.error());
    if (*text)
        return sessionFromText(**text, request.workspace + ", autosave");
    OpenedSession none;
    none.isThere = false;
    return none;
}

Result<std::string> run(const SaveSessionRequest& request, Context& context)
{
    SavedSession session = *request.session;
    const std::string& resources = context.bench.options.resources;
    const auto hash = hashOfFiles(placeOf(session.model.path, resources), context.stop);
    if (!hash)
        return fail(hash.error());
    session.model.hash = *hash;
    std::map<std::string, std::string> hashes; // many dictionaries may lie at one path
    for (SavedDictionary& one : session.dictionaries) {
        std::string& known = hashes[one.path];
        if (known.empty()) {
            auto its = hashOfFiles(placeOf(one.path, resources), context.stop);
            if (!its)
                return fail(its.error());
            known = std::move(*its);
        }
        one.hash = known;
    }
    if (auto written = writeAtomically(request.path, sessionText(session)); !written)
        return fail(written.error());
    return request.path;
}

Result<OpenedSession> run(const ReadSessionRequest& request, Context& context)
{
    const auto file = MappedFile::open(request.path);
    if (!file)
        return fail(file.error());
    const auto bytes = (*file)->bytes();
    auto opened = sessionFromText(
        {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, request.path);
    if (!opened)
        return opened;
    if (auto found = findModel(request, *opened); !found)
        return fail(found.error());
    if (auto held = holdHashes(*opened, context); !held)
        return fail(held.error());
    return opened;
}

// The autosave is read where it is written: after all that was written before.
const Handles<AutosaveRequest> kAutosave(Runs::OnWriter, run);
const Handles<ReadAutosaveRequest> kReadAutosave(Runs::OnWriter, run);
const Handles<SaveSessionRequest> kSaveSession(Runs::OnWriter, run);
const Handles<ReadSessionRequest> kReadSession(Runs::OnReader, run);

} // namespace core
