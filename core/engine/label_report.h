#pragma once

#include "core/api/label_report.h"
#include "core/base/result.h"
#include "core/store/workspace_reader.h"

namespace core {

/// What the workspace keeps of how a dictionary's labels were tested.
Result<LabelReport> labelReport(WorkspaceReader& reader, const StoredDictionary& dictionary);

/// The harvested dictionaries of these names, or all; an unknown name is an error.
Result<std::vector<StoredDictionary>> harvestedDictionaries(
    WorkspaceReader& reader, const std::vector<std::string>& names);

} // namespace core
