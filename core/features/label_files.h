#pragma once

#include "core/base/result.h"
#include "core/store/workspace_writer.h"

#include <filesystem>
#include <vector>

namespace core {

/// Labels as a table for other programs: JSON lines, CSV where the name ends in .csv, the same with
/// tabs where it ends in .tsv. Fields dictionary, layer, index, label, notes, source ("person",
/// "suggested").
Result<void> writeLabels(const std::vector<LabelRecord>& labels, const std::filesystem::path& path);

/// Reads that as spreadsheets save it (byte-order mark, any line ends, any order of columns,
/// semicolons or tabs) and Neuronpedia's explanations; layer, index and label are enough.
/// `dictionaries` tell which one a line without a dictionary means: the only one of its layer, the
/// SAE if there are several. Errors name the line.
Result<std::vector<LabelRecord>> readLabels(
    const std::filesystem::path& path, const std::vector<StoredDictionary>& dictionaries);

} // namespace core
