#include "core/engine/one_dictionary.h"

#include <filesystem>
#include <system_error>

namespace core {

Result<std::shared_ptr<const Dictionary>> theOnly(
    const Result<Dictionaries>& opened, const std::string& path)
{
    if (!opened)
        return fail(opened.error());
    if (opened->size() == 1)
        return opened->front();
    std::error_code ignored;
    for (const auto& dictionary : *opened) // a file of a set names one of them
        if (std::filesystem::is_regular_file(path, ignored)
            && std::filesystem::equivalent(dictionary->config().path, path, ignored))
            return dictionary;
    std::string names;
    for (const auto& dictionary : *opened)
        names += (names.empty() ? "" : ", ") + dictionary->config().name;
    return fail(
        Error::Code::Unsupported, path + ": holds several dictionaries (" + names + "). Name one.");
}

} // namespace core
