#include "core/engine/builtin_paths.h"

#include <string_view>

namespace core {

Result<OpenedDictionaries> openDictionariesAt(const std::string& path, const std::string& resources,
    const ProgressFn& progress, const std::stop_token& stop)
{
    constexpr std::string_view kPrefix = "builtin:";
    const bool isAll = path == "builtin";
    if (!isAll && !path.starts_with(kPrefix))
        return openThoseOf(path, progress, stop);
    auto all = openThoseOf(builtinPaths(resources).folder, progress, stop);
    if (!all || isAll)
        return all;
    const std::string name = path.substr(kPrefix.size());
    const auto isChosen
        = [&](const std::string& one) { return one == name || one.starts_with(name + "/"); };
    OpenedDictionaries chosen;
    std::string names;
    for (const auto& dictionary : all->dictionaries) {
        const std::string& one = dictionary->config().name;
        names += (names.empty() ? "" : ", ") + one;
        if (isChosen(one))
            chosen.dictionaries.push_back(dictionary);
    }
    for (const DictionaryRefusal& one : all->refused)
        if (isChosen(one.name))
            chosen.refused.push_back(one);
    if (chosen.dictionaries.empty() && !chosen.refused.empty())
        return fail(noneOpened(chosen.refused, path));
    if (chosen.dictionaries.empty())
        return fail(Error::Code::NotFound,
            path + ": there is no such built-in dictionary. There are: " + names + ".");
    return chosen;
}

} // namespace core
