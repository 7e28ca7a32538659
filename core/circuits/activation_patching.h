#pragma once

#include "core/base/progress.h"
#include "core/circuits/patch_runs.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace core {

/// A change of one activation.
struct PatchWrite {
    HookPoint hook;
    int position = -1; ///< -1 = every position.
    int head = -1; ///< Of values with heads, [B, T, H, d_head]; -1 = all.
    at::Tensor value; ///< Of that part's shape, without the batch.
    bool isAdded = false; ///< Added to what is there, instead of put in its place.
};

/// What is patched together in one pass: a cell of a map.
struct PatchCell {
    std::vector<PatchWrite> writes; ///< The first is the earliest in the pass.
};

/// Another run's value in the place of this run's.
PatchCell positionCell(HookPoint hook, int position, const PatchRun& other);
PatchCell headCell(HookPoint hook, int head, const PatchRun& other);
/// The cell changes no bit of the base run (as before the first token that differs): its effect is
/// 0, without a pass.
bool changesNothing(const PatchCell& cell, const PatchRun& base);

struct PatchOptions {
    std::int64_t rows = 0; ///< Cells in one pass; 0 = as many as keep the machine busy and fit.
    ProgressFn progress; ///< Counts cells.
    std::stop_token stop;
};

struct ExactEffects {
    std::vector<double> effects; ///< metric(patched) - metric(base), one per cell; 0 where that is
                                 ///< within the logits' rounding.
    std::int64_t passes = 0;
};

/// Activation patching: every cell alone in a pass over the base prompt, many cells side by side as
/// rows of a batch beside one that is not patched. A batch has one row up to the earliest layer
/// that is patched in it. Cancelled within a layer.
Result<ExactEffects> patchExactly(const Transformer& model, const PatchRun& base,
    const PatchMetric& metric, const std::vector<PatchCell>& cells,
    const PatchOptions& options = {});

} // namespace core
