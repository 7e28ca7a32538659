#pragma once

#include "core/api/patch.h"
#include "core/circuits/activation_patching.h"
#include "core/engine/feature_rows.h"
#include "core/engine/patch_places.h"

#include <stop_token>
#include <vector>

namespace core {

/// A patching result while it is made: the approximate effects are filled in as maps are added, the
/// exact ones are collected as cells and computed together by `patchExactly`.
struct PatchWork {
    const LoadedModel& model;
    const PatchRequest& request;
    PatchMetric metric;
    PatchRun base, other; ///< The run that is patched, and the one that values come from.
    ActivationCache gradients; ///< At `base`; empty where nothing is approximated.
    PatchResult result;
    std::vector<PatchCell> cells;
    std::vector<float*> targets; ///< Where each cell's effect goes, inside `result`.

    void addCell(PatchCell cell, float* target);
    /// Layers as rows, no cell asked for yet.
    PatchMap emptyMap(
        PatchSite site, std::string hook, std::size_t rows, std::int64_t columns) const;
};

/// A map for each place that the pass of this model reaches.
void addPlaceMaps(PatchWork& work, const std::vector<PatchPlace>& places);

/// For each set of dictionaries a map of its features and one of its error terms, and the list of
/// single ones. Needs the gradients: exact passes go to the strongest.
Result<void> addFeatureMaps(
    PatchWork& work, const Dictionaries& dictionaries, const RowLookup& row, std::stop_token stop);

} // namespace core
