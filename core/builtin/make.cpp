#include "core/builtin/make.h"

#include "core/builtin/make_stages.h"

#include <system_error>

namespace core {

namespace fs = std::filesystem;

namespace {

Result<void> inFolder(const fs::path& folder, const BuiltinRecipe& recipe, std::uint64_t seed,
    const ProgressFn& progress, const std::stop_token& stop)
{
    const MakeStage stage{folder, recipe, seed, progress ? progress : [](const Progress&) {}, stop};
    for (const auto make :
        {makeTokenizer, makeLanguageModel, makeSaes, makeTranscoders, makeWorkspace}) {
        if (stop.stop_requested())
            return cancelled();
        if (auto made = make(stage); !made)
            return made;
    }
    return {};
}

bool isEarlierMake(const fs::path& out)
{
    return fs::exists(out / "model" / "config.json") && fs::exists(out / "workspace.sqlite");
}

} // namespace

Result<void> makeBuiltin(const fs::path& out, const BuiltinRecipe& recipe, std::uint64_t seed,
    const ProgressFn& progress, std::stop_token stop)
{
    std::error_code error;
    if (fs::exists(out, error) && !isEarlierMake(out) && !fs::is_empty(out, error))
        return fail(Error::Code::Io,
            out.string()
                + ": the folder holds something else. Name a new folder, or one that `builtin "
                  "make` made.");
    fs::path work = out;
    work += ".making";
    fs::create_directories(work / "model", error);
    if (error)
        return fail(Error::Code::Io, work.string() + ": cannot be made: " + error.message() + ".");
    if (auto made = inFolder(work, recipe, seed, progress, stop); !made)
        return made;
    fs::remove_all(work / kUnfinished, error);
    fs::path before = out;
    before += ".before";
    fs::remove_all(before, error);
    if (fs::exists(out))
        fs::rename(out, before, error);
    if (!error)
        fs::rename(work, out, error);
    if (error)
        return fail(Error::Code::Io,
            out.string() + ": cannot be put in place: " + error.message() + ". All parts are in "
                + work.string() + ".");
    fs::remove_all(before, error);
    return {};
}

} // namespace core
