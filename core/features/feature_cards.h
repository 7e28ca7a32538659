#pragma once

#include "core/api/feature_card.h"
#include "core/api/feature_row.h"
#include "core/base/result.h"
#include "core/store/workspace_reader.h"

#include <optional>
#include <vector>

namespace core {

/// Puts what a workspace holds about features into rows and cards. Reader thread; a row takes
/// microseconds. An unknown dictionary or feature is NotFound; a dictionary that was never
/// harvested has rows with a label at most.
Result<std::vector<FeatureRow>> featureRows(
    WorkspaceReader& reader, const std::vector<FeatureRef>& features);
Result<FeatureRow> featureRow(WorkspaceReader& reader, const FeatureRef& feature);
/// How its label was tested, a person's or the suggested one; nothing where it never was.
Result<std::optional<LabelTest>> labelTestOf(
    WorkspaceReader& reader, FeatureKey key, LabelSource source);
Result<FeatureCard> featureCard(WorkspaceReader& reader, const FeatureRef& feature);

} // namespace core
