#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"

#include <filesystem>
#include <string>

namespace core {

/// Where the parts of the built-in model lie, and what "builtin" and "builtin:NAME" stand for.
/// After this they are opened by the code that opens anybody's files.
struct BuiltinPaths {
    std::filesystem::path folder;

    std::filesystem::path model() const { return folder / "model"; }
    std::filesystem::path saes() const { return folder / "saes"; }
    std::filesystem::path transcoders() const { return folder / "transcoders"; }
    std::filesystem::path workspace() const { return folder / "workspace.sqlite"; }
};

inline BuiltinPaths builtinPaths(const std::string& resources)
{
    return {std::filesystem::path(resources) / "builtin"};
}

/// A model path as a person writes it.
inline std::filesystem::path modelPath(const std::string& path, const std::string& resources)
{
    return path == "builtin" ? builtinPaths(resources).model() : std::filesystem::path(path);
}

/// Dictionaries as a person writes them: a file or folder, "builtin" (all built-in ones),
/// "builtin:saes" or "builtin:saes/layer_2".
Result<OpenedDictionaries> openDictionariesAt(const std::string& path, const std::string& resources,
    const ProgressFn& progress, const std::stop_token& stop);

} // namespace core
