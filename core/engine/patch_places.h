#pragma once

#include "core/api/patch.h"
#include "core/circuits/patch_runs.h"
#include "core/engine/loaded_model.h"

#include <string>
#include <vector>

namespace core {

/// What one map of a patching result is made of: a hook for each row.
struct PatchPlace {
    PatchSite site = PatchSite::ResidPre;
    std::string hook; ///< Without the layer.
    std::vector<HookPoint> rows; ///< For each layer; one for places outside the blocks.
    std::vector<bool> isWanted; ///< Layers that a glob leaves out are not patched.
};

struct PatchPlaces {
    std::vector<PatchPlace> places;
    std::string note; ///< Matching hooks that cannot be patched by position; may be empty.
};

/// The places that a request names, but for features. A glob that matches nothing is an error.
Result<PatchPlaces> patchPlaces(const PatchRequest& request, int n_layers);

/// The two prompts, of as many tokens; else an error that says where they part.
struct PatchPrompts {
    Prompt clean, corrupt;
};
Result<PatchPrompts> patchPromptPair(
    const LoadedModel& model, const PatchRequest& request, const Dictionaries& dictionaries);

/// The tokens that the request names, or the most probable ones of the two runs.
Result<PatchMetric> patchMetric(const LoadedModel& model, const PatchRequest& request,
    const at::Tensor& cleanLogits, const at::Tensor& corruptLogits);

/// The dictionaries whose features are patched; of a cross-layer transcoder all its layers.
Result<Dictionaries> patchDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names);

} // namespace core
