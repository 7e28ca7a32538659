#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/training/sparse_probing.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace core {

/// The thresholds of SAEBench's absorption evaluation.
struct AbsorptionOptions {
    int mostFeatures = 10; ///< That may stand for a label together.
    double splitGain = 0.03; ///< F1 that one more of them must gain.
    double fullCosine = 0.025; ///< Of the one absorbing feature with the probe.
    double fractionCosine = 0.1; ///< Of each of several absorbing features.
    double least = 0.4; ///< Share of the probe's projection that absorbing features must carry.
    int mostAbsorbing = 3; ///< That may absorb together.
    std::int64_t leastExamples = 5; ///< Of a label, in each half.
};

/// How much of one label is carried by features other than those that stand for it.
struct AbsorbedClass {
    int label = 0;
    std::int64_t examples = 0; ///< Of the test half that have the label and that the probe knows.
    double probeF1 = 0; ///< Of the probe on the whole activation, on the test half.
    double featureF1 = 0; ///< Of the main features.
    std::vector<std::int64_t> mainFeatures; ///< That stand for the label.
    double fraction = 0; ///< Mean absorption fraction.
    double full = 0; ///< Share of examples that one other feature has taken over.
};

/// Feature absorption as SAEBench measures it (Chanin et al. 2024; Karvonen et al. 2025;
/// docs/definitions.md section 2.5). A probe on the activations gives the direction of each label;
/// the k features that tell the label best stand for it; then, on examples that the probe knows,
/// what others write along that direction is held against what these write. `decoder` [d_sae, d]:
/// what one unit of each feature adds to x.
Result<std::vector<AbsorbedClass>> featureAbsorption(const LabelledVectors& examples,
    const at::Tensor& decoder, const AbsorptionOptions& options = {},
    const ProgressFn& progress = {}, const std::stop_token& stop = {});

} // namespace core
