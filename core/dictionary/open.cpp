#include "core/dictionary/dictionary.h"

#include "core/dictionary/saelens_file.h"
#include "core/dictionary/transcoder_set_file.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace core {

namespace {

constexpr int kLevels = 2; // how far below the opened folder dictionaries are looked for

bool isDictionaryFolder(const std::filesystem::path& folder)
{
    return isSaeLensFolder(folder) || isTranscoderSetFolder(folder);
}

void collect(
    const std::filesystem::path& folder, int levels, std::vector<std::filesystem::path>& found)
{
    if (isDictionaryFolder(folder)) {
        found.push_back(folder);
        return;
    }
    if (levels == 0)
        return;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.is_directory(error))
            collect(entry.path(), levels - 1, found);
}

Result<Dictionaries> openFolder(const std::filesystem::path& folder)
{
    if (!isSaeLensFolder(folder))
        return openTranscoderSet(folder);
    auto dictionary = openSaeLens(folder);
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

} // namespace

Result<Dictionaries> openDictionaries(const std::filesystem::path& path)
{
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(Error::Code::NotFound,
            fmt::format("{}: there is no such file or folder.", path.string()));
    std::filesystem::path folder = std::filesystem::absolute(path).lexically_normal();
    if (!folder.has_filename() || !std::filesystem::is_directory(folder, error))
        folder = folder.parent_path(); // one of a dictionary's own files was chosen, or the path
                                       // ends in a slash

    std::vector<std::filesystem::path> folders;
    collect(folder, kLevels, folders);
    if (folders.empty())
        return fail(Error::Code::NotFound,
            fmt::format(
                "{}: holds no dictionary. A SAELens folder has cfg.json and "
                "sae_weights.safetensors, a "
                "circuit-tracer set has config.yaml; both are also found up to {} folders down.",
                folder.string(), kLevels));
    std::sort(folders.begin(), folders.end());

    Dictionaries all;
    std::set<std::string> names;
    for (const std::filesystem::path& each : folders) {
        auto opened = openFolder(each);
        if (!opened)
            return fail(opened.error());
        for (auto& dictionary : *opened) {
            if (!names.insert(dictionary->config().name).second)
                return fail(Error::Code::InvalidFile,
                    fmt::format("{}: another dictionary below {} is also called \"{}\". Rename one "
                                "of the folders.",
                        each.string(), folder.string(), dictionary->config().name));
            all.push_back(std::move(dictionary));
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a->config().hookIn.layer < b->config().hookIn.layer;
    });
    return all;
}

} // namespace core
