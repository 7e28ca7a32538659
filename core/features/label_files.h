#pragma once

#include "core/base/result.h"
#include "core/store/workspace_writer.h"

#include <filesystem>
#include <vector>

namespace core {

/// Labels as a table for other programs: JSON lines, or CSV where the name ends in .csv. Fields
/// dictionary, layer, index, label, notes, source ("person", "suggested"); when read, layer, index
/// and label are enough.
Result<void> writeLabels(const std::vector<LabelRecord>& labels, const std::filesystem::path& path);

/// `dictionaries` tell which one a line without a dictionary means: the only one of its layer, the
/// SAE if there are several. Errors name the line.
Result<std::vector<LabelRecord>> readLabels(
    const std::filesystem::path& path, const std::vector<StoredDictionary>& dictionaries);

} // namespace core
