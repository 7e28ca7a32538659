#include "core/engine/builtin_paths.h"

#include <string_view>

namespace core {

Result<Dictionaries> openDictionariesAt(const std::string& path, const std::string& resources,
    const ProgressFn& progress, const std::stop_token& stop)
{
    constexpr std::string_view kPrefix = "builtin:";
    const bool isAll = path == "builtin";
    if (!isAll && !path.starts_with(kPrefix))
        return openDictionaries(path, progress, stop);
    auto all = openDictionaries(builtinPaths(resources).folder, progress, stop);
    if (!all || isAll)
        return all;
    const std::string name = path.substr(kPrefix.size());
    Dictionaries chosen;
    std::string names;
    for (const auto& dictionary : *all) {
        const std::string& one = dictionary->config().name;
        names += (names.empty() ? "" : ", ") + one;
        if (one == name || one.starts_with(name + "/"))
            chosen.push_back(dictionary);
    }
    if (chosen.empty())
        return fail(Error::Code::NotFound,
            path + ": there is no such built-in dictionary. There are: " + names + ".");
    return chosen;
}

} // namespace core
