#pragma once

#include "core/api/find_concept.h"
#include "core/api/patch.h"
#include "core/api/swap_test.h"

/// Patching, the swap test and concepts in the fake engine's small world (sample_results.h).
namespace tests {

/// Words are tokens; four layers, six heads. The effect sits in the tokens that differ on low
/// layers and in the last token on high ones; the clean metric is 6.2, the corrupt one -5.8.
core::PatchResult samplePatchResult(const core::PatchRequest& request);
/// Every pair swaps but each fourth one; the answers are the words before the last " is".
core::SwapTestResult sampleSwapTest(const core::SwapTestRequest& request);
core::ConceptFeatures sampleConcept(const core::ConceptRequest& request); ///< Eight features.

} // namespace tests
