#pragma once

#include "ui/models/hub/hub_listing.h"

#include <cstdint>
#include <vector>

namespace ui {

enum class HubKind : std::uint8_t { Model, Dictionary };

/// Whether `path` is meant by the words of `patterns` (parted by spaces or commas; none means every
/// file). A word is a folder, a file, or has wildcards: `*` within one name, `**` across folders.
bool matches(const QString& patterns, const QString& path);

/// Which files to offer, by index: those the patterns mean and, for dictionaries, the configuration
/// in the folders above them.
std::vector<bool> offered(const std::vector<HubFile>& files, HubKind kind, const QString& patterns);

/// Which of the offered files are worth having, by index. A model: what opening it reads, its
/// weights once, safetensors before pickles. A dictionary: its configuration and weights; nothing
/// while several dictionaries are offered and no pattern says which.
std::vector<bool> preselect(
    const std::vector<HubFile>& files, HubKind kind, const QString& patterns);

/// How many folders hold weights: how many dictionaries a repository has, or sets of them.
int weightFolders(const std::vector<HubFile>& files);

/// The folder to open after `chosen` came, below the repository's root: that of config.json for a
/// model, the deepest one that holds everything for dictionaries.
QString folderToOpen(const std::vector<HubFile>& chosen, HubKind kind);

} // namespace ui
