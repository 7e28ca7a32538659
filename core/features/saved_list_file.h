#pragma once

#include "core/api/feature_row.h"
#include "core/api/saved_lists.h"
#include "core/base/result.h"

#include <filesystem>
#include <vector>

namespace core {

/// One list with what is known about its features, a row for each: CSV (RFC 4180) where the name
/// ends in .csv, else one JSON object. Fields dictionary, layer, index, label, notes, density,
/// max_activation, promoted.
Result<void> writeSavedList(
    const SavedList& list, const std::vector<FeatureRow>& rows, const std::filesystem::path& path);

} // namespace core
