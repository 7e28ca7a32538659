#pragma once

#include "core/api/patch.h"
#include "core/engine/jobs.h"

#include <string>
#include <vector>

namespace core {

struct PatchJob {
    std::string model;
    std::vector<std::string> dictionaries; ///< Paths; not empty: their features are patched too.
    PatchRequest request;
    bool leadsWithApproximate = false; ///< Which of two methods is called `effects` in JSON.
    std::string out; ///< .json: everything; .safetensors: a tensor for each map. Empty = none.
};

struct PatchJobResult {
    PatchResult result;
    std::string json; ///< What `out` ending in .json holds.
};

/// Patches between two prompts and writes the maps. Without sites and hooks: resid_pre, attn_out,
/// mlp_out and heads.
Result<PatchJobResult> patchJob(const PatchJob& job, const JobControl& control);

} // namespace core
