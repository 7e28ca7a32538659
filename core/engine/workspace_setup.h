#pragma once

#include "core/engine/loaded_model.h"

#include <filesystem>
#include <string>
#include <vector>

namespace core {

/// Where the workspace of a model lies for which none is shipped. One per model folder.
std::filesystem::path ownWorkspace(const std::filesystem::path& dataFolder, const ModelInfo& model);

/// The workspace file for a model: the user's copy of the shipped one, or its own in the data
/// folder, made when missing.
Result<std::filesystem::path> chooseWorkspace(const std::filesystem::path& dataFolder,
    const ModelInfo& model, const std::filesystem::path& shipped);

/// Enters the open dictionaries, so that their features can be labelled, and says what is known
/// about each.
Result<std::vector<DictionaryInfo>> registerInWorkspace(const std::filesystem::path& workspace,
    const LoadedModel& model, const ProgressFn& progress = {});

/// What a workspace file itself knows of dictionaries: name, place, size and harvest.
Result<std::vector<DictionaryInfo>> dictionariesOf(const std::filesystem::path& workspace);

} // namespace core
