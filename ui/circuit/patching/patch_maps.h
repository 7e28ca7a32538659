#pragma once

#include "core/api/patch.h"
#include "core/api/token_info.h"
#include "ui/circuit/patching/signed_map.h"

#include <cstdint>
#include <vector>

#include <QString>

/// Results of patching as maps and sentences. Layer 0 is the lowest row, as in the graph.
namespace ui {

enum class PatchValues : std::uint8_t { Exact, Approximate, Difference };

struct PatchView {
    PatchValues values = PatchValues::Exact;
    bool isShare = false; ///< Of clean - corrupt, instead of logits.
};

/// "resid_pre", "heads", "features", "error terms"; places without a name of ours are called by
/// their hook.
QString patchSiteName(const core::PatchMap& map);
QString patchSiteName(core::PatchSite site);
bool isErrorMap(const core::PatchMap& map); ///< Of the error terms of dictionaries.
QString patchValuesName(PatchValues values); ///< "exact", "approximate - exact"
bool hasValues(const core::PatchMap& map, PatchValues values);
/// clean - corrupt is large enough to be divided by.
bool hasShares(const core::PatchResult& result);
/// "logit(Austin) - logit(Sacramento)"
QString metricName(const core::PatchResult& result);
/// "Dallas | Oakland": the tokens where the prompts differ; "the same prompt twice" when none.
QString promptsDiffer(const core::PatchResult& result);
QString directionName(core::PatchDirection direction);

SignedMap patchMap(const core::PatchResult& result, const core::PatchMap& map, PatchView view);
/// `map` of `result` minus the same place of `kept`. Columns are matched by their tokens (heads by
/// their number); those without a partner have no values.
SignedMap patchDifference(const core::PatchResult& result, const core::PatchMap& map,
    const core::PatchResult& kept, PatchView view);
/// Which token of `b` stands for each token of `a`, -1 for none: the longest common subsequence of
/// their texts, and what lies between two matches pairwise where as much lies there on both sides.
std::vector<int> matchTokens(
    const std::vector<core::TokenInfo>& a, const std::vector<core::TokenInfo>& b);
/// Of what `patchDifference` shows; says what could not be compared.
QString differenceNote(const core::PatchResult& result, const core::PatchResult& kept);

inline int rowOfLayer(const core::PatchMap& map, core::Layer layer)
{
    return map.rows - 1 - layer.value;
}
inline core::Layer layerOfRow(const core::PatchMap& map, int row)
{
    return core::Layer(map.rows - 1 - row);
}

} // namespace ui
